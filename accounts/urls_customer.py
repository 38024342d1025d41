"""Accounts in a customer's portal."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("developers/tokens/", views.api_tokens, name="api_tokens"),
]
