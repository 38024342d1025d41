"""Invoices, credit notes and interest notes, and what they were made from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.charges import Charge
from billing.models.plans import Meter
from billing.models.subscriptions import BillingPeriod, SubscriptionTerm
from kernel.fields import AmountField, IdField, UnitPriceField


class DocumentSeries(models.Model):
    """The last number given in a series and year. Its row is locked while a document is finalised: no gaps."""

    code = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = _("series of numbers")
        constraints = [models.UniqueConstraint(fields=["code", "year"], name="document_series_once")]

    def __str__(self) -> str:
        return f"{self.code}-{self.year}"


class VatEvidence(models.Model):
    """An answer of VIES about a customer's VAT number: why an invoice carries no VAT (B19). Never changes."""

    id = IdField(prefix="vat")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    vat_number = models.CharField(max_length=40)
    valid = models.BooleanField()
    name = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=500, blank=True)
    consultation_number = models.CharField(max_length=80, blank=True)
    checked_at = models.DateTimeField()
    answer = models.JSONField()

    class Meta:
        verbose_name = _("VAT evidence")
        verbose_name_plural = _("VAT evidence")
        indexes = [models.Index(fields=["customer", "vat_number", "-checked_at"], name="vat_evidence_newest")]

    def __str__(self) -> str:
        return f"{self.vat_number} {self.checked_at:%Y-%m-%d}"


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def finalised(self) -> InvoiceQuerySet:
        return self.filter(state=Invoice.State.FINALISED)


class Invoice(models.Model):
    """An invoice (EN 16931 type 380), a credit note (381) or a note of late interest, which carries no VAT.

    A draft has lines and no number; it may be held, and is thrown away and made again as often as needed. Finalised,
    it has a number and never changes (a trigger), but for `received_at` and `due_on`, which its delivery sets once
    (B9). Whether it is paid, partly paid or overdue is not stored: it follows from allocations.

    `run_key` names what made it, once for each customer: running again makes nothing new. Amounts are in EUR and
    positive in a credit note, too. `seller` and `buyer` are copies as of the day of issue.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")
        INTEREST_NOTE = "interest_note", _("Late interest")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        FINALISED = "finalised", _("Finalised")

    id = IdField(prefix="inv")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=13, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    run_key = models.CharField(max_length=80)
    drafted_at = models.DateTimeField()
    held_for = models.CharField(max_length=40, blank=True)
    held_since = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=200, blank=True)

    series = models.CharField(max_length=8, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    serial = models.PositiveIntegerField(null=True)
    number = models.CharField(max_length=30, null=True, unique=True)
    reference = models.CharField(max_length=25, blank=True)
    issued_on = models.DateField(null=True)
    finalised_at = models.DateTimeField(null=True)
    supplied_from = models.DateField(null=True)
    supplied_until = models.DateField(null=True)
    language = models.CharField(max_length=8, default="en")
    currency = models.CharField(max_length=3)
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    vat_category = models.CharField(max_length=2, blank=True)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    vat_reason = models.CharField(max_length=40, blank=True)
    vat_evidence = models.ForeignKey(VatEvidence, on_delete=models.PROTECT, null=True, related_name="+")
    net = AmountField(null=True)
    vat = AmountField(null=True)
    gross = AmountField(null=True)
    credits = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credit_notes")
    reason = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "run_key"], name="invoice_once_per_run"),
            models.UniqueConstraint(fields=["series", "year", "serial"], name="invoice_serial_once"),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="invoice_reference_once"),
            models.CheckConstraint(
                condition=Q(state="draft", number=None, serial=None, finalised_at=None)
                | Q(
                    state="finalised",
                    number__isnull=False,
                    serial__isnull=False,
                    year__isnull=False,
                    issued_on__isnull=False,
                    finalised_at__isnull=False,
                    vat_rate__isnull=False,
                    gross=F("net") + F("vat"),
                    held_for="",
                ),
                name="invoice_complete_when_finalised",
            ),
            models.CheckConstraint(
                condition=Q(kind="credit_note", credits__isnull=False) | ~Q(kind="credit_note") & Q(credits=None),
                name="credit_note_credits_an_invoice",
            ),
            models.CheckConstraint(
                condition=~Q(kind="interest_note") | Q(vat=None) | Q(vat=0), name="interest_outside_vat"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-issued_on"], name="invoice_of_customer")]

    def __str__(self) -> str:
        return self.number or str(self.id)


class InvoiceLine(models.Model):
    """One line: `quantity` x `unit_price`, rounded once into `net` (EUR without VAT), and the row it is charged for.

    Each closed reading, prepaid term and charge is on one line at most. `facts` has what its words need: the plan's
    code and name, the month, what was used and included.
    """

    class Kind(models.TextChoices):
        FEE = "fee", _("Monthly fee")
        TERM_FEE = "term_fee", _("Fee paid in advance")
        OVERAGE = "overage", _("Seals beyond the plan")
        EXTRA_USER = "extra_user", _("Users beyond the plan")
        STORAGE_GB = "storage_gb", _("Storage beyond the plan")
        CHARGE = "charge", _("Single charge")
        CREDIT = "credit", _("Credit")
        INTEREST = "interest", _("Late interest")

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    meter = models.CharField(max_length=16, choices=Meter, blank=True)
    billing_period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, null=True, related_name="invoice_lines")
    term = models.ForeignKey(SubscriptionTerm, on_delete=models.PROTECT, null=True, related_name="invoice_lines")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, null=True, related_name="invoice_lines")
    credited_line = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credits")
    overdue_invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="interest_lines")
    interest_from = models.DateField(null=True)
    interest_until = models.DateField(null=True)
    facts = models.JSONField(default=dict)
    quantity = models.IntegerField()
    unit_price = UnitPriceField()
    net = AmountField()

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_once"),
            models.UniqueConstraint(
                fields=["billing_period", "kind"], condition=Q(billing_period__isnull=False), name="period_billed_once"
            ),
            models.UniqueConstraint(fields=["term"], condition=Q(kind="term_fee"), name="term_billed_once"),
            models.UniqueConstraint(fields=["charge"], name="charge_billed_once"),
            models.UniqueConstraint(
                fields=["overdue_invoice", "interest_from"],
                condition=Q(kind="interest"),
                name="interest_billed_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["fee", "overage", "extra_user", "storage_gb"], billing_period__isnull=False)
                | Q(kind="term_fee", term__isnull=False)
                | Q(kind="charge", charge__isnull=False)
                | Q(kind="credit", credited_line__isnull=False)
                | Q(kind="interest", overdue_invoice__isnull=False, interest_from__lt=F("interest_until")),
                name="line_has_its_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.position}"


class InvoiceFile(models.Model):
    """A finalised document as a file, kept as it was sent for ten years (D4). Never changes."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        UBL = "ubl", "UBL"
        CII = "cii", "CII"

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="files")
    format = models.CharField(max_length=3, choices=Format)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("invoice file")
        verbose_name_plural = _("invoice files")
        constraints = [models.UniqueConstraint(fields=["invoice", "format"], name="invoice_file_once")]

    def __str__(self) -> str:
        return f"{self.invoice_id}.{self.format}"
