"""Where a customer's invoices go, and what it wants to read on them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BillingDetails(models.Model):
    """What a customer has said about its invoices; without a row they go to those who may see them, as PDF.

    `emails` are the addresses that invoices are mailed to. `buyer_reference` and `order_number` are the customer's own
    words for finding the invoice (BT-10, BT-13). `attached_format` is the electronic invoice that goes with the PDF.
    """

    class AttachedFormat(models.TextChoices):
        PDF = "pdf", _("PDF only (its data is inside the file, as Factur-X)")
        UBL = "ubl", _("PDF and UBL 2.1 (Peppol BIS 3.0)")
        CII = "cii", _("PDF and CII (EN 16931)")

    customer = models.OneToOneField("accounts.Customer", on_delete=models.PROTECT, primary_key=True, related_name="+")
    emails = models.JSONField(default=list)
    buyer_reference = models.CharField(max_length=100, blank=True)
    order_number = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=8, blank=True)
    attached_format = models.CharField(max_length=3, choices=AttachedFormat, default=AttachedFormat.PDF)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("billing details")
        verbose_name_plural = _("billing details")

    def __str__(self) -> str:
        return str(self.customer_id)
