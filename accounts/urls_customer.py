"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, mail_server, notices, people

urlpatterns = [
    path("people/", people.people, name="people"),
    path("notices/", notices.notices, name="notices"),
    path("notices/preferences/", notices.notice_preferences, name="notice_preferences"),
    path("notices/<str:notice_id>/", notices.notice, name="notice"),
    path("settings/mail/", mail_server.settings_mail, name="settings_mail"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
]
