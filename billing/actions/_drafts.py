"""Drafts of invoices: whether one still says what is owed, and taking one in hand."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from billing.actions._documents import lock_documents
from billing.models import Invoice, InvoiceLine
from billing.rules.invoicing import NewLine
from kernel.errors import NotFound, Refusal

_SOURCES = ("billing_period_id", "term_id", "charge_id")


class InvoiceFinalised(Refusal):
    code = "invoice_finalised"
    status = 409
    title = _("This document was issued before; it never changes.")


def is_current(draft: Invoice, lines: Sequence[NewLine]) -> bool:
    """Whether a draft says what it would say if it were made now."""
    written = [
        (line.kind, line.meter, line.quantity, line.unit_price, line.net, line.facts, _sources_of(line))
        for line in draft.lines.all()
    ]
    return written == [
        (
            line.kind,
            line.meter,
            line.quantity,
            line.unit_price,
            line.net,
            dict(line.facts),
            [line.sources.get(name) for name in _SOURCES],
        )
        for line in lines
    ]


def _sources_of(line: InvoiceLine) -> list[object]:
    return [getattr(line, name) for name in _SOURCES]


def locked_draft(invoice_id: str) -> Invoice:
    """A draft of an invoice, locked with all documents of its customer. Raises `NotFound`, `InvoiceFinalised`."""
    customer_id = Invoice.objects.filter(pk=invoice_id).values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise NotFound
    lock_documents(customer_id)
    draft = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice_id, kind=Invoice.Kind.INVOICE).first()
    if draft is None:
        raise NotFound
    if draft.state == Invoice.State.FINALISED:
        raise InvoiceFinalised
    return draft
