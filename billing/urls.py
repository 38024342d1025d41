"""Billing in a customer's portal."""

from django.urls import path

from billing.views import add_ons, limits, plan, usage, usage_details

urlpatterns = [
    path("billing/plan/", plan.plan_page, name="billing_plan"),
    path("billing/plan/change/", plan.change_page, name="billing_change"),
from billing.views import payments, usage

urlpatterns = [
    path("billing/payments/", payments.payments_page, name="billing_payments"),
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("billing/add-ons/", add_ons.add_ons_page, name="billing_add_ons"),
    path("billing/add-ons/<slug:code>/", add_ons.add_on_page, name="billing_add_on"),
    path("billing/special-terms/<str:terms_id>/", add_ons.special_terms_document, name="special_terms_document"),
    path("usage/events/", usage_details.usage_events, name="usage_events"),
    path("usage/cost-centres/", usage_details.cost_centres, name="cost_centres"),
    path("usage/cost-centres.csv", usage_details.cost_centres_csv, name="cost_centres_csv"),
    path("usage/next-invoice/", usage_details.invoice_preview, name="invoice_preview"),
    path("billing/alerts/", limits.billing_alerts, name="billing_alerts"),
]
