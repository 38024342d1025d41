"""Billing under `/api/v1/`."""

from django.urls import path

from billing.api.subscription import SubscriptionApiView
from billing.api.usage import UsageView

urlpatterns = [
    path("subscription", SubscriptionApiView.as_view(), name="api_subscription"),
    path("usage", UsageView.as_view(), name="api_usage"),
]
