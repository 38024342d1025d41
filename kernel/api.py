"""The base of every API view: errors as RFC 9457 problem+json, the customer's schema, cursor lists."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel import clock
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, NotFound, Outage, Refusal
from kernel.tenancy.context import CustomerGone, enter_for_request

PROBLEM = "application/problem+json"


def problem(*, status: int, code: str, title: str, detail: str = "", errors: Sequence[FieldError] = ()) -> HttpResponse:
    """A problem document; `type` leads to its explanation."""
    body = {
        "type": f"{settings.BASE_URL}/api/v1/docs/#error-{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail or title,
        "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in errors],
    }
    return JsonResponse(body, status=status, content_type=PROBLEM)


def refusal_problem(refusal: Refusal) -> HttpResponse:
    return problem(
        status=refusal.status,
        code=refusal.code,
        title=str(refusal.title),
        detail=str(refusal.detail),
        errors=refusal.errors,
    )


def problem_response(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """REST framework's exception handler. What is not expected goes on to Django, which answers 500."""
    if isinstance(error, Refusal):
        return refusal_problem(error)
    if isinstance(error, Outage):
        response = problem(
            status=503, code=error.code, title=_("An outside service is down."), detail=str(error.detail)
        )
        response["Retry-After"] = "30"
        return response
    if isinstance(error, RequestDataTooBig):
        return problem(status=413, code="too_large", title=_("The request is larger than allowed."))
    if isinstance(error, SuspiciousOperation):  # more fields or files than a form may have
        error = exceptions.ParseError()
    if isinstance(error, Http404 | CustomerGone):
        return refusal_problem(NotFound())
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _framework_problem(error)
    return None


def _framework_problem(error: exceptions.APIException) -> HttpResponse:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid_input"
    detail = str(error.detail) if isinstance(codes, str) else ""
    title = str(error.default_detail)
    response = problem(
        status=error.status_code,
        code={"error": "internal_error"}.get(code, code),
        title=str(error.detail) if "{" in title else title,  # the framework fills in method and media type
        detail=detail,
        errors=_field_errors(error.detail) if not isinstance(codes, str) else (),
    )
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _field_errors(detail: Any, pointer: str = "") -> tuple[FieldError, ...]:
    if isinstance(detail, dict):
        return tuple(found for name, inner in detail.items() for found in _field_errors(inner, f"{pointer}/{name}"))
    if isinstance(detail, list):
        return tuple(found for inner in detail for found in _field_errors(inner, pointer))
    return (FieldError(pointer, str(getattr(detail, "code", "invalid")), str(detail)),)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer of `/api/` to an error of ours."""
    return problem(
        status=500,
        code="internal_error",
        title=_("Something failed on our side."),
        detail=_("Nothing was charged. Send the request again with the same Idempotency-Key."),
    )


class CustomerView(APIView):
    """An API view for one customer: authenticated by token, working in that customer's schema.

    `parameters` are the names that a question may have in its address. Others are refused: a filter with a typing error
    would tell of everything.
    """

    parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.now = clock.now()
        self.actor = cast("Actor", request.user)
        self.customer = enter_for_request(self.actor.customer)
        known = self.parameters if request.method in SAFE_METHODS else ()
        if unknown := sorted(set(request.query_params) - set(known)):
            detail = _("This field is not known here.")
            raise InvalidInput(errors=[FieldError(f"/{name}", "unknown_field", detail) for name in unknown])

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "answer_headers", {}).items():  # what throttles have to tell
            response[name] = value
        return response

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        raise exceptions.MethodNotAllowed(request.method or "")


def encode_cursor(value: str) -> str:
    """An opaque cursor that stands for the last row shown."""
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The value in a cursor; `InvalidInput` when it is not one of ours."""
    try:
        value = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        value = ""
    if not value.isprintable() or not value:
        detail = _("This cursor was not given out by us.")
        raise InvalidInput(errors=[FieldError("/cursor", "invalid_cursor", detail)])
    return value
