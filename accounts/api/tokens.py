"""`/api/v1/token`: what the presented API token is, and the way for whoever finds one to end it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.revoke_own_token import revoke_own_token
from accounts.models import ApiToken
from accounts.queries.tokens import own_token
from kernel.api import CustomerView


class TokenRepresentation(serializers.ModelSerializer[ApiToken]):
    """The token that the request was made with."""

    class Meta:
        model = ApiToken
        fields = ("id", "name", "live", "scopes", "networks", "created_at", "expires_at", "last_used_at")
        read_only_fields = fields


class OwnTokenView(CustomerView):
    """For every token, whatever it may do."""

    @extend_schema(operation_id="get_token", summary="Read about the token itself", responses=TokenRepresentation)
    def get(self, request: Request) -> Response:
        return Response(TokenRepresentation(own_token(self.actor)).data)

    @extend_schema(
        operation_id="revoke_token",
        summary="Revoke the token itself",
        description="For a token that got into wrong hands: whoever holds it can end it. It cannot be brought back.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        revoke_own_token(actor=self.actor, now=self.now)
        return Response(status=204)
