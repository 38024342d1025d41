"""Billing in a customer's portal."""

from django.urls import path

from billing.views import plan, usage

urlpatterns = [
    path("billing/plan/", plan.plan_page, name="billing_plan"),
    path("billing/plan/change/", plan.change_page, name="billing_change"),
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
]
