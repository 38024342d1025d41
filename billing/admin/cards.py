"""Payments by card for staff: to read, and to give money back."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.actions.refund_card_payment import refund_card_payment
from billing.models import CardPayment, CardRefund, PspEvent, SavedCard
from billing.queries.cards import refundable_card_payments
from kernel import clock
from kernel.staff import ReadOnly, ReasonForm, act_with_reason


class RefundForm(ReasonForm):
    """How much goes back."""

    amount = forms.DecimalField(label=_("Amount, EUR"), decimal_places=2, widget=UnfoldAdminTextInputWidget())


@admin.register(CardPayment)
class CardPaymentAdmin(ReadOnly):
    list_display = ("id", "customer", "invoice", "amount", "received", "state", "failure_code", "created_at")
    list_select_related = ("customer", "invoice")
    list_filter = ("state", "provider")
    search_fields = ("=id", "=provider_id", "=intent_id", "=invoice__number", "customer__slug", "customer__name")
    ordering = ("-created_at",)
    actions_detail = ["refund"]

    def has_refund_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        may = request.user.has_perm("billing.add_cardrefund")
        return bool(may and refundable_card_payments(object_id).exists())

    @action(description=_("Give money back"), url_path="refund", permissions=["refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Some or all of what came goes back to the card."""
        return act_with_reason(
            self,
            request,
            title=gettext("Give money back to the card"),
            consequence=gettext(
                "The amount goes back to the card, usually within ten days. Credit of this payment is used first; for "
                "the rest the invoice is open again. A refund cannot be taken back."
            ),
            act=lambda actor, given: refund_card_payment(
                actor=actor, card_payment_id=object_id, amount=given["amount"], now=clock.now()
            ),
            form_class=RefundForm,
        )


@admin.register(CardRefund)
class CardRefundAdmin(ReadOnly):
    list_display = ("id", "card_payment", "amount", "state", "failure_code", "asked_at", "asked_by")
    list_select_related = ("card_payment",)
    list_filter = ("state",)
    search_fields = ("=id", "=provider_id", "=card_payment__id")
    ordering = ("-asked_at",)


@admin.register(SavedCard)
class SavedCardAdmin(ReadOnly):
    list_display = ("id", "customer", "brand", "last4", "consented_at", "saved_at", "removed_at")
    list_select_related = ("customer",)
    search_fields = ("=id", "customer__slug", "customer__name")
    ordering = ("-consented_at",)


@admin.register(PspEvent)
class PspEventAdmin(ReadOnly):
    list_display = ("event_id", "kind", "subject", "received_at")
    list_filter = ("topic",)
    search_fields = ("=event_id", "=subject", "=order_id")
    ordering = ("-id",)
