"""Billing in a customer's portal."""

from django.urls import path

from billing.views import limits, usage, usage_details

urlpatterns = [
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("usage/events/", usage_details.usage_events, name="usage_events"),
    path("usage/cost-centres/", usage_details.cost_centres, name="cost_centres"),
    path("usage/cost-centres.csv", usage_details.cost_centres_csv, name="cost_centres_csv"),
    path("usage/next-invoice/", usage_details.invoice_preview, name="invoice_preview"),
    path("billing/alerts/", limits.billing_alerts, name="billing_alerts"),
]
