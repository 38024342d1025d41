"""Billing in a customer's portal."""

from django.urls import path

from billing.views import payments, usage

urlpatterns = [
    path("billing/payments/", payments.payments_page, name="billing_payments"),
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
]
