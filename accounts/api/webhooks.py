"""`/api/v1/webhooks`: where events are sent, and what became of each message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.change_webhook import change_webhook
from accounts.actions.create_webhook import create_webhook
from accounts.actions.delete_webhook import delete_webhook
from accounts.actions.disable_webhook import disable_webhook
from accounts.actions.enable_webhook import enable_webhook
from accounts.actions.replay_delivery import replay_delivery
from accounts.actions.rotate_webhook_keys import rotate_webhook_keys
from accounts.actions.try_webhook import try_webhook
from accounts.api.throttling import take_one
from accounts.gateways.webhook_keys import SigningKeys
from accounts.models import Webhook, WebhookAttempt, WebhookDelivery
from accounts.queries.webhooks import deliveries_of, delivery_of, webhook_of, webhooks_of
from accounts.rules.allowances import TESTS_PER_MINUTE
from kernel.api import CustomerView, decode_cursor, encode_cursor
from kernel.errors import FieldError, InvalidInput

_STATES = [state.value for state in WebhookDelivery.State]


class WebhookInput(serializers.Serializer):
    url = serializers.CharField(max_length=2000, help_text="https, port 443 or 8443, a name of the public internet.")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    types = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, help_text="Events to be told of; all if empty."
    )


class WebhookChange(WebhookInput):
    url = serializers.CharField(max_length=2000, required=False)
    enabled = serializers.BooleanField(required=False, help_text="False turns it off; what happens meanwhile waits.")


class WebhookRepresentation(serializers.ModelSerializer[Webhook]):
    """`secret` is told once, when it is made."""

    enabled = serializers.BooleanField(source="is_enabled")

    class Meta:
        model = Webhook
        fields = (
            *("id", "live", "url", "description", "types", "enabled", "disabled_reason", "public_key", "api_version"),
            *("failing_since", "former_until", "created_at"),
        )
        read_only_fields = fields


class NewWebhookRepresentation(WebhookRepresentation):
    """With the secret, which no other answer tells."""

    secret = serializers.SerializerMethodField(help_text="`whsec_...`; only in this answer.")

    class Meta:
        model = Webhook
        fields = (*WebhookRepresentation.Meta.fields, "secret")
        read_only_fields = fields

    def get_secret(self, row: Webhook) -> str:
        keys: SigningKeys = self.context["keys"]
        return keys.secret


class WebhookList(serializers.Serializer):
    items = WebhookRepresentation(many=True)
    next = serializers.CharField(allow_null=True)


class AttemptRepresentation(serializers.ModelSerializer[WebhookAttempt]):
    class Meta:
        model = WebhookAttempt
        fields = ("number", "at", "milliseconds", "status", "error", "answer_headers", "answer_body")
        read_only_fields = fields


class DeliveryRepresentation(serializers.ModelSerializer[WebhookDelivery]):
    """A message to a webhook; `message_id` is its `webhook-id`."""

    attempts = AttemptRepresentation(many=True)

    class Meta:
        model = WebhookDelivery
        fields = ("id", "message_id", "type", "body", "state", "created_at", "next_attempt_at", "ended_at", "attempts")
        read_only_fields = fields


class DeliveryList(serializers.Serializer):
    items = DeliveryRepresentation(many=True)
    next = serializers.CharField(allow_null=True)


def _asked(request: Request, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    body = request.data if isinstance(request.data, Mapping) else {}
    known = shape(data=body)
    if unknown := sorted(set(body) - set(known.fields)):
        raise InvalidInput(errors=[_unknown(name) for name in unknown])
    known.is_valid(raise_exception=True)
    asked: dict[str, Any] = known.validated_data
    if "\0" in str(asked):
        raise InvalidInput
    return asked


def _unknown(name: str) -> FieldError:
    return FieldError(f"/{name}", "unknown_field", _("This field is not known here."))


class WebhooksView(CustomerView):
    """Needs the scope `webhook.manage`. Those of a test token are told of test seals only."""

    @extend_schema(operation_id="list_webhooks", summary="List webhooks", responses=WebhookList)
    def get(self, request: Request) -> Response:
        return Response(WebhookList({"items": webhooks_of(self.actor), "next": None}).data)

    @extend_schema(
        operation_id="create_webhook",
        summary="Add a webhook",
        request=WebhookInput,
        responses={201: NewWebhookRepresentation},
    )
    def post(self, request: Request) -> Response:
        self.actor.require("webhook.manage")
        asked = _asked(request, WebhookInput)
        webhook, keys = create_webhook(actor=self.actor, **asked, live=self.actor.live, now=self.now)
        return Response(NewWebhookRepresentation(webhook, context={"keys": keys}).data, status=201)


class WebhookView(CustomerView):
    """One webhook."""

    @extend_schema(operation_id="get_webhook", summary="Read a webhook", responses=WebhookRepresentation)
    def get(self, request: Request, webhook_id: str) -> Response:
        return Response(WebhookRepresentation(webhook_of(self.actor, webhook_id)).data)

    @extend_schema(
        operation_id="change_webhook",
        summary="Change a webhook, turn it on or off",
        request=WebhookChange,
        responses=WebhookRepresentation,
    )
    def patch(self, request: Request, webhook_id: str) -> Response:
        webhook = webhook_of(self.actor, webhook_id)
        asked = _asked(request, WebhookChange)
        enabled = asked.pop("enabled", None)
        if asked:
            webhook = change_webhook(actor=self.actor, webhook_id=webhook_id, **asked, now=self.now)
        if enabled is not None:
            switch = enable_webhook if enabled else disable_webhook
            webhook = switch(actor=self.actor, webhook_id=webhook_id, now=self.now)
        return Response(WebhookRepresentation(webhook).data)

    @extend_schema(operation_id="delete_webhook", summary="Delete a webhook", request=None, responses={204: None})
    def delete(self, request: Request, webhook_id: str) -> Response:
        delete_webhook(actor=self.actor, webhook_id=webhook_id, now=self.now)
        return Response(status=204)


class WebhookRotationView(CustomerView):
    @extend_schema(
        operation_id="rotate_webhook",
        summary="Give a webhook new keys",
        description="For 24 hours messages are signed with the old keys, too.",
        request=None,
        responses=NewWebhookRepresentation,
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        webhook, keys = rotate_webhook_keys(actor=self.actor, webhook_id=webhook_id, now=self.now)
        return Response(NewWebhookRepresentation(webhook, context={"keys": keys}).data)


class WebhookTestView(CustomerView):
    @extend_schema(
        operation_id="test_webhook",
        summary="Send a test message and wait for the answer",
        description=f"`webhook.test`, at most {TESTS_PER_MINUTE} a minute; an answer takes up to 15 s.",
        request=None,
        responses=DeliveryRepresentation,
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        webhook_of(self.actor, webhook_id)
        left = take_one(f"webhook-tests:{self.actor.customer}", limit=TESTS_PER_MINUTE, now=self.now)
        if left is not None and left.exceeded:
            raise exceptions.Throttled(left.reset_seconds)
        delivery = try_webhook(actor=self.actor, webhook_id=webhook_id, now=self.now)
        return Response(DeliveryRepresentation(delivery).data)


class DeliveriesView(CustomerView):
    """The delivery log, kept for 30 days after a message has ended."""

    parameters = frozenset({"state", "cursor"})

    @extend_schema(
        operation_id="list_deliveries",
        summary="List the messages to a webhook, the newest first",
        parameters=[
            OpenApiParameter("state", str, enum=_STATES, description="Only messages in this state."),
            OpenApiParameter("cursor", str, description="The `next` of the page before."),
        ],
        responses=DeliveryList,
    )
    def get(self, request: Request, webhook_id: str) -> Response:
        state = request.query_params.get("state", "")
        if state and state not in _STATES:
            raise InvalidInput(errors=[_unknown("state")])
        cursor = request.query_params.get("cursor", "")
        before = decode_cursor(cursor) if cursor else ""
        rows, following = deliveries_of(self.actor, webhook_id, states=[state] if state else [], before=before)
        return Response(DeliveryList({"items": rows, "next": following and encode_cursor(following)}).data)


class DeliveryReplayView(CustomerView):
    @extend_schema(
        operation_id="replay_delivery",
        summary="Send a message again",
        request=None,
        responses={202: DeliveryRepresentation},
    )
    def post(self, request: Request, webhook_id: str, delivery_id: str) -> Response:
        replay_delivery(actor=self.actor, webhook_id=webhook_id, delivery_id=delivery_id, now=self.now)
        return Response(DeliveryRepresentation(delivery_of(self.actor, webhook_id, delivery_id)).data, status=202)
