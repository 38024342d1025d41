"""Accounts under `/api/v1/`."""

from django.urls import path

from accounts.api.audit import AuditView
from accounts.api.events import EventsView
from accounts.api.members import InvitationDetailView, InvitationsView, MemberDetailView, MembersView
from accounts.api.tokens import OwnTokenView
from accounts.api.webhooks import (
    DeliveriesView,
    DeliveryReplayView,
    WebhookRotationView,
    WebhooksView,
    WebhookTestView,
    WebhookView,
)

_REPLAY = "webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/replay"

urlpatterns = [
    path("audit", AuditView.as_view(), name="api_audit"),
    path("members", MembersView.as_view(), name="api_members"),
    path("members/<str:membership_id>", MemberDetailView.as_view(), name="api_member"),
    path("invitations", InvitationsView.as_view(), name="api_invitations"),
    path("invitations/<str:invitation_id>", InvitationDetailView.as_view(), name="api_invitation"),
    path("token", OwnTokenView.as_view(), name="api_token"),
    path("events", EventsView.as_view(), name="api_events"),
    path("webhooks", WebhooksView.as_view(), name="api_webhooks"),
    path("webhooks/<str:webhook_id>", WebhookView.as_view(), name="api_webhook"),
    path("webhooks/<str:webhook_id>/rotate", WebhookRotationView.as_view(), name="api_webhook_rotate"),
    path("webhooks/<str:webhook_id>/test", WebhookTestView.as_view(), name="api_webhook_test"),
    path("webhooks/<str:webhook_id>/deliveries", DeliveriesView.as_view(), name="api_deliveries"),
    path(_REPLAY, DeliveryReplayView.as_view(), name="api_delivery_replay"),
]
