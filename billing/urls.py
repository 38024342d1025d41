"""Billing in a customer's portal."""

from django.urls import path

from billing.views import billing_details, invoices, usage

urlpatterns = [
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("billing/", invoices.invoices_page, name="invoices"),
    path("billing/invoices/<str:number>/", invoices.invoice_page, name="invoice"),
    path("billing/invoices/<str:number>/<str:kind>", invoices.invoice_download, name="invoice_file"),
    path("billing/account/", invoices.account_page, name="billing_account"),
    path("billing/details/", billing_details.details_page, name="billing_details"),
]
