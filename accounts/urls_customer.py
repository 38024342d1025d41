"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, mail_server, notices, people, webhooks

urlpatterns = [
    path("people/", people.people, name="people"),
    path("notices/", notices.notices, name="notices"),
    path("notices/preferences/", notices.notice_preferences, name="notice_preferences"),
    path("notices/<str:notice_id>/", notices.notice, name="notice"),
    path("settings/mail/", mail_server.settings_mail, name="settings_mail"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
    path("developers/events/", webhooks.events, name="events"),
    path("developers/webhooks/", webhooks.webhooks, name="webhooks"),
    path("developers/webhooks/<str:webhook_id>/", webhooks.webhook, name="webhook"),
    path(
        "developers/webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/",
        webhooks.webhook_delivery,
        name="webhook_delivery",
    ),
]
