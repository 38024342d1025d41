"""Billing under `/api/v1/`."""

from django.urls import path

from billing.api.invoices import InvoicesView, InvoiceView
from billing.api.subscription import SubscriptionApiView
from billing.api.usage import UsageView
from billing.api.usage_details import CostCentresView, UsageEventsView

urlpatterns = [
    path("subscription", SubscriptionApiView.as_view(), name="api_subscription"),
    path("usage", UsageView.as_view(), name="api_usage"),
    path("usage", UsageView.as_view(), name="api_usage"),
    path("usage/events", UsageEventsView.as_view(), name="api_usage_events"),
    path("usage/cost-centres", CostCentresView.as_view(), name="api_cost_centres"),
    path("usage", UsageView.as_view(), name="api_usage"),
    path("invoices", InvoicesView.as_view(), name="api_invoices"),
    path("invoices/<str:number>", InvoiceView.as_view(), name="api_invoice"),
]
