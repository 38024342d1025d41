"""Billing in a customer's portal."""

from django.urls import path

from billing.views import (
    add_ons,
    billing_details,
    cards,
    invoices,
    late_payment,
    limits,
    payments,
    plan,
    usage,
    usage_details,
)

urlpatterns = [
    path("billing/", invoices.invoices_page, name="invoices"),
    path("billing/account/", invoices.account_page, name="billing_account"),
    path("billing/add-ons/", add_ons.add_ons_page, name="billing_add_ons"),
    path("billing/add-ons/<slug:code>/", add_ons.add_on_page, name="billing_add_on"),
    path("billing/alerts/", limits.billing_alerts, name="billing_alerts"),
    path("billing/card/", cards.card, name="billing_card"),
    path("billing/card/back/", cards.card_back, name="billing_card_back"),
    path("billing/details/", billing_details.details_page, name="billing_details"),
    path("billing/invoices/<str:number>/", invoices.invoice_page, name="invoice"),
    path("billing/invoices/<str:number>/<str:kind>", invoices.invoice_download, name="invoice_file"),
    path("billing/late-payment/", late_payment.late_payment_page, name="billing_late"),
    path("billing/pay/<str:number>/", cards.pay, name="billing_pay"),
    path("billing/pay/<str:number>/away/", cards.pay_away, name="billing_pay_away"),
    path("billing/pay/<str:number>/back/", cards.pay_back, name="billing_pay_back"),
    path("billing/payments/", payments.payments_page, name="billing_payments"),
    path("billing/plan/", plan.plan_page, name="billing_plan"),
    path("billing/plan/change/", plan.change_page, name="billing_change"),
    path("billing/special-terms/<str:terms_id>/", add_ons.special_terms_document, name="special_terms_document"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("usage/", usage.usage_page, name="usage"),
    path("usage/cost-centres.csv", usage_details.cost_centres_csv, name="cost_centres_csv"),
    path("usage/cost-centres/", usage_details.cost_centres, name="cost_centres"),
    path("usage/events/", usage_details.usage_events, name="usage_events"),
    path("usage/next-invoice/", usage_details.invoice_preview, name="invoice_preview"),
]
