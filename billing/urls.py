"""Billing in a customer's portal."""

from django.urls import path

from billing.views import late_payment, usage

urlpatterns = [
    path("billing/late-payment/", late_payment.late_payment_page, name="billing_late"),
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
]
