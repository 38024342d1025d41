"""What customers owe and have paid, derived from invoices and allocations; nothing of it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.models import Allocation, Invoice, Payment
from kernel.money import ZERO


@dataclass(frozen=True, kw_only=True)
class Receivable:
    """A finalised invoice or interest note as it stands; amounts in EUR with VAT.

    `settled_on` is the value date of what settled the rest; None while something is open.
    """

    invoice_id: str
    number: str
    kind: str
    customer_id: str
    gross: Decimal
    open: Decimal
    issued_on: date
    due_on: date | None
    settled_on: date | None

    def is_overdue(self, on: date) -> bool:
        """Whether something is open after the due date (B10)."""
        return self.open > 0 and self.due_on is not None and on > self.due_on


def receivables(*, customer_id: str | None = None, only_open: bool = False) -> list[Receivable]:
    """Finalised invoices and interest notes, oldest first; of one customer, or of all."""
    demanded = Invoice.objects.finalised().exclude(kind=Invoice.Kind.CREDIT_NOTE)
    if customer_id is not None:
        demanded = demanded.filter(customer_id=customer_id)
    found = [_receivable(invoice) for invoice in _with_settled(demanded)]
    return [entry for entry in found if entry.open] if only_open else found


def receivable(invoice_id: str) -> Receivable | None:
    """One finalised invoice or interest note; None for what is no such."""
    demanded = Invoice.objects.finalised().exclude(kind=Invoice.Kind.CREDIT_NOTE).filter(pk=invoice_id)
    return next((_receivable(invoice) for invoice in _with_settled(demanded)), None)


def credit_of(customer_id: str) -> Decimal:
    """What the customer has with us: receipts, less returns and refunds, plus credit notes, less what they settled."""
    paid = Payment.objects.filter(customer_id=customer_id).aggregate(total=Sum("amount"))["total"] or ZERO
    credited = (
        Invoice.objects.finalised()
        .filter(customer_id=customer_id, kind=Invoice.Kind.CREDIT_NOTE)
        .aggregate(total=Sum("gross"))["total"]
        or ZERO
    )
    used = Allocation.objects.filter(customer_id=customer_id).aggregate(total=Sum("amount"))["total"] or ZERO
    return Decimal(paid + credited - used)


def _with_settled(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return (
        invoices.annotate(settled=Coalesce(Sum("allocations__amount"), ZERO))
        .annotate(left=F("gross") - F("settled"))
        .prefetch_related("allocations")
        .order_by("issued_on", "serial")
    )


def _receivable(invoice: Invoice) -> Receivable:
    dates = [entry.value_on for entry in invoice.allocations.all()]
    left = Decimal(invoice.left)  # type: ignore[attr-defined]  # annotated above
    return Receivable(
        invoice_id=invoice.pk,
        number=str(invoice.number),
        kind=invoice.kind,
        customer_id=invoice.customer_id,
        gross=Decimal(invoice.gross),
        open=left,
        issued_on=invoice.issued_on,  # type: ignore[arg-type]  # a finalised one has it
        due_on=invoice.due_on,
        settled_on=max(dates, default=invoice.issued_on) if left == 0 else None,
    )
