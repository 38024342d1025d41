"""Payments by card or pay-by-bank as the card company keeps them, saved cards, and what it told us. No card numbers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from billing.models.payments import Payment
from billing.rules.card_payments import OPEN_STATES
from kernel.fields import AmountField, IdField


class SavedCardQuerySet(models.QuerySet["SavedCard"]):
    def live(self) -> SavedCardQuerySet:
        """Cards that invoices are charged to; at most one for each customer."""
        return self.filter(saved_at__isnull=False, removed_at=None)


class SavedCard(models.Model):
    """A card that a customer agreed its invoices are charged to (B13). The card itself is kept by the card company.

    Asked for, it has a page of the card company's (`setup_id`, `page_url`); `saved_at` is set once the company says
    that it has the card. `consent` are the words that were agreed to. Removed, it is never charged again, and
    `detached_at` tells since when the card company has forgotten it, too.
    """

    id = IdField(prefix="crd")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=20)
    setup_id = models.CharField(max_length=120, blank=True)
    page_url = models.TextField(blank=True)
    customer_ref = models.CharField(max_length=120, blank=True)
    method_ref = models.CharField(max_length=120, blank=True)
    brand = models.CharField(max_length=40, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    expiry_year = models.PositiveSmallIntegerField(null=True)
    expiry_month = models.PositiveSmallIntegerField(null=True)
    consent = models.TextField()
    consent_sha256 = models.CharField(max_length=64)
    consented_at = models.DateTimeField()
    consented_by = models.CharField(max_length=200)
    saved_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=200, blank=True)
    detached_at = models.DateTimeField(null=True)

    objects = SavedCardQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved card")
        verbose_name_plural = _("saved cards")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(saved_at__isnull=False, removed_at=None),
                name="saved_card_one_live",
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(saved_at=None, removed_at=None), name="saved_card_one_asked_for"
            ),
            models.CheckConstraint(
                condition=Q(saved_at=None) | ~Q(method_ref="") & ~Q(customer_ref=""), name="saved_card_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}"


class CardPaymentQuerySet(models.QuerySet["CardPayment"]):
    def unfinished(self) -> CardPaymentQuerySet:
        """Payments of which the card company has not said how they ended."""
        return self.filter(state__in=OPEN_STATES)


class CardPayment(models.Model):
    """One wish to pay an invoice by card, and what the card company says became of it. Amounts in EUR with VAT.

    The row is written before the card company is asked, with the row's id as idempotency key: asked again after a
    timeout, it names the same payment. `unsure` is a payment that it may or may not have made. `provider_id` is what
    is fetched, `intent_id` what refunds and disputes name, `page_url` where the customer pays; a payment with the
    `saved_card` has no such page and is the `attempt`th for its invoice. Succeeded, `received` is what came, the same
    as its `payment`, and nothing of it changes any more (a trigger).
    """

    class State(models.TextChoices):
        CREATED = "created", _("Begun")
        PENDING = "pending", _("Waiting for the customer or the bank")
        UNSURE = "unsure", _("Unsure, will be asked again")
        SUCCEEDED = "succeeded", _("Paid")
        FAILED = "failed", _("Refused")
        CANCELLED = "cancelled", _("Not paid")

    id = IdField(prefix="cpm")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="card_payments")
    saved_card = models.ForeignKey(SavedCard, on_delete=models.PROTECT, null=True, related_name="payments")
    attempt = models.PositiveSmallIntegerField(null=True)
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=120, blank=True)
    intent_id = models.CharField(max_length=120, blank=True)
    page_url = models.TextField(blank=True)
    amount = AmountField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=9, choices=State, default=State.CREATED)
    failure_code = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    fetched_at = models.DateTimeField(null=True)
    received = AmountField(null=True)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, related_name="card_payment")

    objects = CardPaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("card payment")
        verbose_name_plural = _("card payments")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(state__in=OPEN_STATES), name="card_payment_one_open"
            ),
            models.UniqueConstraint(
                fields=["invoice", "attempt"], condition=Q(attempt__isnull=False), name="card_payment_attempt_once"
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_id"], condition=~Q(provider_id=""), name="card_payment_provider_id_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="card_payment_of_something"),
            models.CheckConstraint(
                condition=Q(saved_card=None, attempt=None) | Q(saved_card__isnull=False, attempt__isnull=False),
                name="card_payment_attempt_with_saved_card",
            ),
            models.CheckConstraint(
                condition=Q(state="succeeded", payment__isnull=False, received__isnull=False)
                | ~Q(state="succeeded") & Q(payment=None, received=None),
                name="card_payment_settled_when_succeeded",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=OPEN_STATES), name="card_payment_unfinished"),
            models.Index(fields=["intent_id"], name="card_payment_intent"),
            models.Index(fields=["customer", "-created_at"], name="card_payment_of_customer"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class CardRefund(models.Model):
    """Money of a card payment that staff give back, written before the card company is asked to. In EUR, positive."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        PENDING = "pending", _("On its way")
        SUCCEEDED = "succeeded", _("Paid back")
        FAILED = "failed", _("Not possible")

    id = IdField(prefix="rfd")
    card_payment = models.ForeignKey(CardPayment, on_delete=models.PROTECT, related_name="refunds")
    amount = AmountField()
    reason = models.CharField(max_length=1000)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    provider_id = models.CharField(max_length=120, blank=True)
    failure_code = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    fetched_at = models.DateTimeField(null=True)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, related_name="card_refund")

    class Meta:
        verbose_name = _("refund to a card")
        verbose_name_plural = _("refunds to cards")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="card_refund_of_something"),
            models.CheckConstraint(
                condition=Q(state="succeeded", payment__isnull=False) | ~Q(state="succeeded") & Q(payment=None),
                name="card_refund_settled_when_succeeded",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state__in=["asked", "pending"]), name="card_refund_open"),
            models.Index(fields=["provider_id"], name="card_refund_provider_id"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PspEvent(models.Model):
    """That the card company told us something, once for each of its ids. What it is about is fetched."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    topic = models.CharField(max_length=8)
    subject = models.CharField(max_length=120, blank=True)
    order_id = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("message of the card company")
        verbose_name_plural = _("messages of the card company")
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="psp_event_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
