"""Billing in a customer's portal."""

from django.urls import path

from billing.views import usage

urlpatterns = [
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
]
