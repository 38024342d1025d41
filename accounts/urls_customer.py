"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, contract, mail_server, notices, people, references, sign_in, staff_access

urlpatterns = [
    path("settings/", contract.settings, name="settings"),
    path("settings/contract/", contract.contract, name="settings_contract"),
    path("settings/closing/", contract.closing, name="settings_closing"),
    path("people/", people.people, name="people"),
    path("notices/", notices.notices, name="notices"),
    path("notices/preferences/", notices.notice_preferences, name="notice_preferences"),
    path("notices/<str:notice_id>/", notices.notice, name="notice"),
    path("settings/mail/", mail_server.settings_mail, name="settings_mail"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
    path("settings/access/", staff_access.staff_access, name="settings_access"),
    path("settings/reference/", references.reference, name="settings_reference"),
    path("settings/sign-in/", sign_in.sign_in, name="settings_sign_in"),
]
