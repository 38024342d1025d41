"""Webhooks for staff: where customers are told of events, and how that goes. Keys are never shown."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import Webhook, WebhookDelivery
from kernel.staff import ReadOnly


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    list_display = ("customer", "url", "live", "state", "failing_since", "failures")
    list_filter = ("state", "live")
    search_fields = ("=id", "customer__name", "url")
    list_select_related = ("customer",)
    fields = (
        *("id", "customer", "url", "description", "live", "types", "state", "disabled_reason"),
        *("failing_since", "failures", "public_key", "created_by_name", "created_at"),
    )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    list_display = ("created_at", "webhook", "type", "state", "attempts_made", "next_attempt_at")
    list_filter = ("state",)
    search_fields = ("=id", "=message_id", "=webhook__id")
    list_select_related = ("webhook",)
    fields = ("id", "webhook", "message_id", "type", "body", "state", "attempts_made", "created_at", "next_attempt_at")
