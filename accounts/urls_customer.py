"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, contract, people

urlpatterns = [
    path("settings/", contract.settings, name="settings"),
    path("settings/contract/", contract.contract, name="settings_contract"),
    path("settings/closing/", contract.closing, name="settings_closing"),
    path("people/", people.people, name="people"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
]
