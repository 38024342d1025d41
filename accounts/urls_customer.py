"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, people

urlpatterns = [
    path("people/", people.people, name="people"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
]
