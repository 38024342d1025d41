"""What of SCIM is offered here, as programs ask for it (RFC 7643 5 to 7, RFC 7644 4), and how the rest is declined."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.scim import ScimView, listed, scim_problem
from accounts.rules.scim import CORE, MOST, USER
from kernel.errors import NotFound
from kernel.tenancy.urls import public_url

_NOT_OFFERED = ("Bulk", "Me", ".search")


class CapabilitiesView(ScimView):
    """What of SCIM is offered here (RFC 7643 5). Without ETags: a change says what it wants, not what it has seen."""

    def get(self, request: Request) -> Response:
        off = {"supported": False}
        return Response(
            {
                "schemas": [f"{CORE}:ServiceProviderConfig"],
                "documentationUri": f"{settings.BASE_URL}{public_url('api_docs')}",
                "patch": {"supported": True},
                "bulk": {**off, "maxOperations": 0, "maxPayloadSize": 0},
                "filter": {"supported": True, "maxResults": MOST},
                "changePassword": off,
                "sort": off,
                "etag": off,
                "authenticationSchemes": [
                    {
                        "type": "oauthbearertoken",
                        "name": "Bearer token",
                        "description": _("An API token with the scope member.provision"),
                        "primary": True,
                    }
                ],
                "meta": _meta("ServiceProviderConfig", "ServiceProviderConfig"),
            }
        )


class ResourceTypesView(ScimView):
    """Users are all there is (RFC 7643 6)."""

    def get(self, request: Request) -> Response:
        return Response(listed([_user_type()], 1, 1))


class UserTypeView(ScimView):
    """The one of them."""

    def get(self, request: Request) -> Response:
        return Response(_user_type())


class SchemasView(ScimView):
    """The attributes of a user that are known here (RFC 7643 7)."""

    def get(self, request: Request) -> Response:
        return Response(listed([_user_schema()], 1, 1))


class UserSchemaView(ScimView):
    """The one of them."""

    def get(self, request: Request) -> Response:
        return Response(_user_schema())


class GroupsView(ScimView):
    """There are no groups: roles come with the user. Directories ask nevertheless."""

    def get(self, request: Request) -> Response:
        return Response(listed([], 0, 1))

    def post(self, request: Request) -> HttpResponse:
        return scim_problem(501, _("Groups are not offered here: switch them off. Roles come with the user."))


class UnofferedView(ScimView):
    """Whatever else a directory asks for: not implemented where SCIM knows it, not found where it does not."""

    def get(self, request: Request, rest: str) -> HttpResponse:
        if rest in _NOT_OFFERED:
            return scim_problem(501, _("This part of SCIM is not offered here."))
        raise NotFound

    post = put = patch = delete = get


def _meta(kind: str, path: str) -> dict[str, str]:
    return {"resourceType": kind, "location": f"{settings.BASE_URL}{public_url('scim')}{path}"}


def _user_type() -> dict[str, Any]:
    return {
        "schemas": [f"{CORE}:ResourceType"],
        "id": "User",
        "name": "User",
        "description": _("A member"),
        "endpoint": "/Users",
        "schema": USER,
        "meta": _meta("ResourceType", "ResourceTypes/User"),
    }


def _user_schema() -> dict[str, Any]:
    value = _attribute("value")
    primary = _attribute("primary", "boolean")
    return {
        "schemas": [f"{CORE}:Schema"],
        "id": USER,
        "name": "User",
        "description": _("A member"),
        "attributes": [
            _attribute("userName", required=True, uniqueness="server"),
            _attribute("displayName"),
            _attribute("name", "complex", subAttributes=[_attribute("formatted")]),
            _attribute("active", "boolean"),
            _attribute("roles", "complex", multiValued=True, subAttributes=[value, primary]),
            _attribute(
                "emails",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=[value, _attribute("type"), primary],
            ),
        ],
        "meta": _meta("Schema", f"Schemas/{USER}"),
    }


def _attribute(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    told = {"name": name, "type": kind, "multiValued": False, "required": False, "caseExact": False}
    return told | {"mutability": "readWrite", "returned": "default", "uniqueness": "none"} | more
