"""Billing in a customer's portal."""

from django.urls import path

from billing.views import add_ons, usage
from billing.views import plan, usage

urlpatterns = [
    path("billing/plan/", plan.plan_page, name="billing_plan"),
    path("billing/plan/change/", plan.change_page, name="billing_change"),
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("billing/add-ons/", add_ons.add_ons_page, name="billing_add_ons"),
    path("billing/add-ons/<slug:code>/", add_ons.add_on_page, name="billing_add_on"),
    path("billing/special-terms/<str:terms_id>/", add_ons.special_terms_document, name="special_terms_document"),
]
