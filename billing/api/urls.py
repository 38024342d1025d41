"""Billing under `/api/v1/`."""

from django.urls import path

from billing.api.invoices import InvoicesView, InvoiceView
from billing.api.usage import UsageView

urlpatterns = [
    path("usage", UsageView.as_view(), name="api_usage"),
    path("invoices", InvoicesView.as_view(), name="api_invoices"),
    path("invoices/<str:number>", InvoiceView.as_view(), name="api_invoice"),
]
