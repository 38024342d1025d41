"""SCIM 2.0 (RFC 7643, RFC 7644): a customer's directory makes, suspends and ends members, with a token of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions.change_provisioned_member import change_provisioned_member
from accounts.actions.end_membership import end_membership
from accounts.actions.provision_member import provision_member
from accounts.models import Membership
from accounts.queries.sign_in import default_role_of, provisioned_member, provisioned_members
from accounts.rules.scim import ERROR, LIST, MOST, USER, Unreadable, Wanted, read_filter, read_patch, read_user
from kernel import clock
from kernel.actor import Actor
from kernel.api import problem_response
from kernel.errors import NotFound
from kernel.parsing import TextParser
from kernel.tenancy.urls import public_url

SCIM_JSON = "application/scim+json"
_KINDS = {
    "parse_error": "invalidSyntax",
    "already_member": "uniqueness",
    "domain_not_yours": "invalidValue",
    "address_not_yours": "mutability",
}


class ScimParser(TextParser):
    media_type = SCIM_JSON


class ScimRenderer(JSONRenderer):
    media_type = SCIM_JSON
    format = "scim"


def scim_error(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Errors as RFC 7644 3.12 wants them, from what the API would have said."""
    if isinstance(error, Unreadable):
        return scim_problem(400, error.detail, error.kind)
    found = problem_response(error, context)
    if found is None:
        return None
    told = json.loads(found.content)
    status = 400 if told["status"] == 422 else told["status"]
    response = scim_problem(status, told["detail"], _KINDS.get(told["code"], "invalidValue" if status == 400 else ""))
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in found:
            response[name] = found[name]
    return response


def scim_problem(status: int, detail: str, kind: str = "") -> HttpResponse:
    body = {"schemas": [ERROR], "status": str(status), "detail": detail} | ({"scimType": kind} if kind else {})
    return JsonResponse(body, status=status, content_type=SCIM_JSON)


class ScimView(APIView):
    """For tokens with the scope `member.provision`. What a question has besides is ignored, as directories expect."""

    schema = None
    parser_classes = [ScimParser, TextParser]
    renderer_classes = [ScimRenderer, JSONRenderer]

    def get_exception_handler(self) -> Any:
        return scim_error

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.now, self.actor = clock.now(), cast("Actor", request.user)
        self.actor.require("member.provision")
        if not self.actor.live:  # a test token seals in test mode; there are no test people
            raise NotFound

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "answer_headers", {}).items():
            response[name] = value
        return response


class UsersView(ScimView):
    """The members of the customer, as users."""

    def get(self, request: Request) -> Response:
        asked = request.query_params
        narrowed = dict([read_filter(asked["filter"])]) if "filter" in asked else {}
        found = provisioned_members(self.actor, **narrowed)
        start = max(_number(asked.get("startIndex"), 1), 1)
        count = min(max(_number(asked.get("count"), MOST), 0), MOST)
        return Response(listed([as_user(each) for each in found[start - 1 : start - 1 + count]], found.count(), start))

    def post(self, request: Request) -> Response:
        wanted = read_user(request.data)
        if not wanted.user_name:
            raise Unreadable("invalidValue", "userName, an e-mail address, is needed.")
        member = provision_member(
            actor=self.actor,
            email=wanted.user_name,
            name=wanted.name or "",
            role=wanted.role or default_role_of(self.actor),
            external_id=wanted.external_id or "",
            now=self.now,
        )
        if wanted.active is False:
            suspended = Wanted(active=False)
            member = change_provisioned_member(
                actor=self.actor, membership_id=member.id, wanted=suspended, now=self.now
            )
        user = as_user(member)
        return Response(user, status=201, headers={"Location": user["meta"]["location"]})


class UserView(ScimView):
    """One member."""

    def get(self, request: Request, member_id: str) -> Response:
        return Response(as_user(provisioned_member(self.actor, member_id)))

    def put(self, request: Request, member_id: str) -> Response:
        return self._change(member_id, read_user(request.data))

    def patch(self, request: Request, member_id: str) -> Response:
        return self._change(member_id, read_patch(request.data))

    def delete(self, request: Request, member_id: str) -> Response:
        manager = replace(self.actor, permissions=self.actor.permissions | {"member.manage"})
        end_membership(actor=manager, membership_id=member_id, now=self.now)
        return Response(status=204)

    def _change(self, member_id: str, wanted: Wanted) -> Response:
        member = change_provisioned_member(actor=self.actor, membership_id=member_id, wanted=wanted, now=self.now)
        return Response(as_user(member))


def as_user(member: Membership) -> dict[str, Any]:
    """A member as a SCIM user."""
    person = member.person
    return {
        "schemas": [USER],
        "id": member.id,
        **({"externalId": member.external_id} if member.external_id else {}),
        "userName": person.email,
        "displayName": str(person),
        "name": {"formatted": str(person)},
        "emails": [{"value": person.email, "type": "work", "primary": True}],
        "active": member.status == Membership.Status.ACTIVE,
        "roles": [{"value": member.role, "primary": True}],
        "meta": {
            "resourceType": "User",
            "created": member.created_at.isoformat(),
            "location": settings.BASE_URL + public_url("scim_user", member_id=member.id),
        },
    }


def listed(items: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """A list response (RFC 7644 3.4.2)."""
    counted = {"totalResults": total, "startIndex": start, "itemsPerPage": len(items)}
    return {"schemas": [LIST], **counted, "Resources": items}


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    try:
        return min(int(text), 1_000_000)
    except ValueError:
        raise Unreadable("invalidValue", "startIndex and count are numbers.") from None
