"""Billing in a customer's portal."""

from django.urls import path

from billing.views import cards, usage

urlpatterns = [
    path("usage/", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("billing/card/", cards.card, name="billing_card"),
    path("billing/card/back/", cards.card_back, name="billing_card_back"),
    path("billing/pay/<str:number>/", cards.pay, name="billing_pay"),
    path("billing/pay/<str:number>/away/", cards.pay_away, name="billing_pay_away"),
    path("billing/pay/<str:number>/back/", cards.pay_back, name="billing_pay_back"),
]
