"""What can still be credited of a document, and what of fees paid in advance is not yet earned."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, Sum, Value
from django.db.models.functions import Coalesce

from billing.models import Account, Charge, Invoice, InvoiceLine, Posting, SubscriptionTerm
from kernel.money import ZERO


def creditable(invoice: Invoice) -> dict[int, Decimal]:
    """What is left of each line by its position, EUR without VAT; lines that are credited already are left out."""
    taken = Coalesce(Sum("credits__net", filter=Q(credits__invoice__state=Invoice.State.FINALISED)), Value(ZERO))
    lines = invoice.lines.annotate(left=F("net") - taken).filter(left__gt=0).order_by("position")
    return {position: Decimal(left) for position, left in lines.values_list("position", "left")}


def unearned(line: InvoiceLine) -> Decimal:
    """What of a fee paid in advance is neither released into revenue nor credited, EUR without VAT."""
    released = Posting.objects.filter(
        account=Account.DEFERRED,
        entry__kind="released",
        entry__document_type="invoice_line",
        entry__document_id__startswith=f"{line.pk}:",
    ).aggregate(total=Sum("amount"))["total"]
    credited = line.credits.filter(invoice__state=Invoice.State.FINALISED).values_list("facts__deferred", flat=True)
    return Decimal(line.net) - (released or ZERO) - sum((Decimal(str(part)) for part in credited), ZERO)


def reversed_after_invoicing(customer_id: str | None = None) -> list[Charge]:
    """Charges that were taken back after they had been invoiced, and are not credited yet."""
    uncredited = (
        InvoiceLine.objects.filter(charge=OuterRef("pk"), invoice__state=Invoice.State.FINALISED, net__gt=0)
        .annotate(credited=Coalesce(Sum("credits__net"), Value(ZERO)))
        .filter(credited__lt=F("net"))
    )
    found = Charge.objects.filter(reverses=None, reversal__isnull=False)
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    return list(found.filter(Exists(uncredited)).order_by("occurred_at", "id"))


def prepaid_line(term: SubscriptionTerm) -> InvoiceLine | None:
    """The line of a finalised invoice that demanded the term's fee; None before."""
    lines = InvoiceLine.objects.filter(term=term, kind=InvoiceLine.Kind.TERM_FEE)
    return lines.filter(invoice__state=Invoice.State.FINALISED).select_related("invoice").first()
