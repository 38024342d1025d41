"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, people, sign_in

urlpatterns = [
    path("people/", people.people, name="people"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
    path("settings/sign-in/", sign_in.sign_in, name="settings_sign_in"),
]
