"""`Authorization: Bearer sp_live_...` becomes an actor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from accounts.actions.report_exposed_token import report_exposed_token
from accounts.api.throttling import client_ip
from accounts.queries import actor_of_token
from accounts.rules.tokens import take_apart
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal


class TokenAuthentication(authentication.BaseAuthentication):
    """Header tokens only: a token in a URL would end up in logs."""

    def authenticate(self, request: Request) -> tuple[Any, str] | None:
        now, address = clock.now(), client_ip(request)
        _refuse_tokens_in_address(request, address, now)
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        actor = actor_of_token(token.strip(), now=now, address=address) if scheme.lower() == "bearer" else None
        if actor is None:
            raise exceptions.AuthenticationFailed(_("The API token is unknown, expired or revoked."))
        return actor, actor.id

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Sealport API"'


class TokenInAddress(Refusal):
    code = "token_in_address"
    status = 400
    title = _("Send the API token in the header Authorization, never in the address; replace this one.")


def _refuse_tokens_in_address(request: Request, address: str, now: datetime) -> None:
    """ASVS 14.2.1: an address ends up in logs, histories and the Referer of others. Told to the customer, too."""
    values = [value for _name, values in request.query_params.lists() for value in values]
    if found := [value for value in values if take_apart(value)]:
        report_exposed_token(tokens=found[:3], path=request.path, address=address, now=now)
        raise TokenInAddress


class IsActor(permissions.BasePermission):
    """Somebody who was recognised; what they may do is decided by the action."""

    def has_permission(self, request: Request, view: object) -> bool:
        return isinstance(request.user, Actor)


class TokenScheme(OpenApiAuthenticationExtension):
    """How the published schema describes the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sp_live_… or sp_test_…"}
