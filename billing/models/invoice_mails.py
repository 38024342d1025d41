"""Invoices on their way by mail."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from kernel.fields import IdField


class InvoiceMail(models.Model):
    """One invoice to one billing address, with its files. `id` is part of the Message-ID: every try is one mail."""

    class State(models.TextChoices):
        QUEUED = "queued", _("On its way")
        SENT = "sent", _("Sent")
        BOUNCED = "bounced", _("Refused by the address")
        FAILED = "failed", _("Given up")

    id = IdField(prefix="mai")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="mails")
    email = models.EmailField()
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mailed invoice")
        verbose_name_plural = _("mailed invoices")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "email"], name="invoice_mailed_once"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at=None),
                name="invoice_mail_sent_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.email}"
