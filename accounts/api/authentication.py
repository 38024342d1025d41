"""`Authorization: Bearer sp_live_...` becomes an actor."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from accounts.queries import actor_of_token
from accounts.rules.tokens import take_apart
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal


class TokenInAddress(Refusal):
    code: ClassVar[str] = "token_in_address"
    status: ClassVar[int] = 400
    title = _("A token belongs into the Authorization header. Revoke this one: addresses are kept in logs.")


class TokenAuthentication(authentication.BaseAuthentication):
    """Header tokens only: a token in a URL would end up in logs."""

    def authenticate(self, request: Request) -> tuple[Any, str] | None:
        if any(take_apart(value) for values in request.query_params.lists() for value in values[1]):
            raise TokenInAddress
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        actor = actor_of_token(token.strip(), now=clock.now()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise exceptions.AuthenticationFailed(_("The API token is unknown, expired or revoked."))
        return actor, actor.id

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Sealport API"'


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
