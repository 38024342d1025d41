"""Billing under `/api/v1/`."""

from django.urls import path

from billing.api.usage import UsageView

urlpatterns = [path("usage", UsageView.as_view(), name="api_usage")]
