"""The door for everybody: drop a signed file, read one verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.api.throttling import client_address, take_one
from kernel import clock
from kernel.errors import Outage, Refusal
from sealing.actions.verify_document import verify_document
from sealing.api.validation_print import ResultGone, pack_result, print_validation, unpack_result
from sealing.api.validation_representation import represent_validation
from sealing.forms import VerifyForm
from sealing.rules.requests import plain_name


@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    """For everybody: drop a signed file, read one verdict. Nothing of the file is kept."""
    if request.method != "POST":
        return _verify_page(request, VerifyForm())
    now = clock.now()
    if (refused := _too_many(request, now)) is not None:
        return refused
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _verify_page(request, form, status=422)
    file = form.cleaned_data["file"]
    try:
        validation = verify_document(content=file, document=form.cleaned_data["document"], now=now)
    except Refusal as refusal:
        form.add_error("file", str(refusal.detail))
        return _verify_page(request, form, status=refusal.status)
    except Outage as outage:
        return _verify_page(request, form, trouble=str(outage.detail), status=503)
    result, name = represent_validation(validation), plain_name(file.name)
    return _verify_page(request, VerifyForm(), result=result, name=name, packed=pack_result(result, name=name))


@require_POST
def verify_report(request: HttpRequest) -> HttpResponse:
    """The result that the page has just shown, as PDF. The browser brings it back: nothing of it was kept."""
    if (refused := _too_many(request, clock.now())) is not None:
        return refused
    try:
        result, name = unpack_result(request.POST.get("result", ""))
    except ResultGone:
        return _verify_page(
            request, VerifyForm(), trouble=_("This result is too old. Verify the file again."), status=422
        )
    response = HttpResponse(print_validation(result, name=name), content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.verification.pdf")
    return response


def _too_many(request: HttpRequest, now: datetime) -> HttpResponse | None:
    """The refusal for an address that has used its files of this minute."""
    left = take_one(f"verify:{client_address(request)}", limit=settings.VERIFICATIONS_PER_MINUTE, now=now)
    if left is None or not left.exceeded:
        return None
    problem_text = _("Too many files in one minute. Please try again in a minute.")
    response = _verify_page(request, VerifyForm(), trouble=problem_text, status=429)
    response["Retry-After"] = str(left.reset_seconds)
    return response


def _verify_page(request: HttpRequest, form: VerifyForm, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"form": form, "max_bytes": settings.MAX_DOCUMENT_BYTES}
    return render(request, "sealing/verify.html", context, status=status)
