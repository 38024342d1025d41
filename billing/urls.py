"""Billing in a customer's portal."""

from django.urls import path

from billing import views

urlpatterns = [
    path("usage/", views.usage_page, name="usage"),
    path("usage.csv", views.usage_csv, name="usage_csv"),
]
