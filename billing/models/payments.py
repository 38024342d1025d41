"""Money that came in, what it was for, and the books."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from kernel.fields import AmountField, IdField


class BankStatement(models.Model):
    """An imported camt.053 file; the same file is imported once."""

    id = IdField(prefix="stm")
    sha256 = models.CharField(max_length=64, unique=True)
    file_name = models.CharField(max_length=200)
    account = models.CharField(max_length=34)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    entries = models.PositiveIntegerField()
    new_entries = models.PositiveIntegerField()
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")

    def __str__(self) -> str:
        return self.file_name


class Payment(models.Model):
    """Money received (positive), returned by the bank or paid back to the customer (negative). Amounts in EUR.

    `dedupe_key` makes one row of one movement, however often it is told. Once it is known whose it is, `customer`
    is set and stays; nothing else changes (a trigger). `value_on` is the day that counts for lateness (B10).
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("Received")
        RETURN = "return", _("Returned by the bank or the card company")
        REFUND = "refund", _("Paid back")

    class Method(models.TextChoices):
        BANK = "bank", _("Bank transfer")
        CARD = "card", _("Card")

    id = IdField(prefix="pay")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    method = models.CharField(max_length=4, choices=Method)
    amount = AmountField()
    currency = models.CharField(max_length=3)
    value_on = models.DateField()
    recorded_at = models.DateTimeField()
    payer_name = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=34, blank=True)
    reference = models.CharField(max_length=35, blank=True)
    remittance = models.CharField(max_length=500, blank=True)
    dedupe_key = models.CharField(max_length=200, unique=True)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, null=True, related_name="payments")
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reversals")

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="receipt", amount__gt=0) | Q(kind__in=["return", "refund"], amount__lt=0),
                name="payment_sign",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "value_on"], name="payment_of_customer"),
            models.Index(fields=["recorded_at"], condition=Q(customer=None), name="payment_unassigned"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.value_on}"


class Allocation(models.Model):
    """A part of a payment or of a credit note that settles an invoice, on a value date; negative when undone.

    Append-only. What an invoice still owes is its gross less its allocations.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="allocations")
    credit_note = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="uses")
    amount = AmountField()
    value_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit_note=None) | Q(payment=None, credit_note__isnull=False),
                name="allocation_of_one_source",
            ),
            models.CheckConstraint(
                condition=Q(reverses=None, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0),
                name="allocation_sign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.invoice_id}"


class JournalEntry(models.Model):
    """One event in the books, once for each document and kind. Its postings sum to zero (a deferred trigger)."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=24)
    document_type = models.CharField(max_length=24)
    document_id = models.CharField(max_length=60)
    booked_on = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = [
            models.UniqueConstraint(fields=["kind", "document_type", "document_id"], name="journal_entry_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.document_id}"


class Account(models.TextChoices):
    """The accounts of the ledger."""

    RECEIVABLE = "receivable", _("Receivables")
    BANK = "bank", _("Bank")
    CARD = "card", _("Card company")
    UNASSIGNED = "unassigned", _("Receipts of unknown payers")
    CREDIT = "credit", _("Customers' credit")
    DEFERRED = "deferred", _("Fees paid in advance")
    SUBSCRIPTION = "subscription", _("Revenue from fees")
    OVERAGE = "overage", _("Revenue beyond the plan")
    CERTIFICATES = "certificates", _("Revenue from certificates")
    SERVICES = "services", _("Revenue from other services")
    VAT = "vat", _("VAT owed")
    INTEREST = "interest", _("Late interest")


class Posting(models.Model):
    """An amount on an account: debit above zero, credit below. Append-only."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.CharField(max_length=12, choices=Account)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, null=True, related_name="+")
    amount = AmountField()

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="posting_not_zero")]
        indexes = [models.Index(fields=["customer", "account"], name="posting_of_customer")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"
