"""What the bank's statements leave for people: entries that are not taken over, payments that need a look."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.payments import BankStatement, Payment
from kernel.fields import AmountField


class UnfitEntry(models.Model):
    """An entry of a statement that is no payment of ours: in another currency. Append-only."""

    class Reason(models.TextChoices):
        CURRENCY = "currency", _("Not in euros")

    id = models.BigAutoField(primary_key=True)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="unfit")
    reason = models.CharField(max_length=10, choices=Reason)
    amount = AmountField()
    currency = models.CharField(max_length=3)
    booked_on = models.DateField()
    remittance = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("entry not taken over")
        verbose_name_plural = _("entries not taken over")

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class PaymentFlag(models.Model):
    """Why staff should look at a payment, until one of them has."""

    class Kind(models.TextChoices):
        DUPLICATE = "duplicate", _("Probably paid twice")
        RETURNED = "returned", _("Returned after it was used")

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="flags")
    kind = models.CharField(max_length=10, choices=Kind)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("payment to look at")
        verbose_name_plural = _("payments to look at")
        constraints = [
            models.UniqueConstraint(fields=["payment", "kind"], name="payment_flag_once"),
            models.CheckConstraint(
                condition=Q(cleared_at=None, cleared_by="") | Q(cleared_at__isnull=False) & ~Q(cleared_by=""),
                name="payment_flag_cleared_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.payment_id}"
