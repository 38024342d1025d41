"""Collect everything that a customer owes at a boundary into a draft."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from billing.actions._documents import lock_documents
from billing.models import BillingRun, Invoice, InvoiceLine
from billing.queries.claims import claimable_lines
from billing.rules.invoicing import NewLine
from kernel import audit
from kernel.actor import Actor
from kernel.money import CURRENCY, ZERO

_SOURCES = ("billing_period_id", "term_id", "charge_id")


@transaction.atomic
def draft_invoice(*, actor: Actor, customer_id: str, key: str, until: datetime, now: datetime) -> Invoice | None:
    """The invoice of the run `key`: closed months, terms begun and charges up to `until` (UTC), on one document (B3).

    Running again gives the same draft; one whose lines have changed meanwhile is thrown away and made anew, and takes
    the place of other drafts of the customer. Returns what is there already if the run is done, and None where nothing
    costs anything: then the run is done, too.
    """
    actor.require("billing.manage")
    lock_documents(customer_id)
    run, _made = BillingRun.objects.get_or_create(
        customer_id=customer_id, key=key, defaults={"until": until, "begun_at": now}
    )
    if run.state == BillingRun.State.DONE:
        return run.invoice
    lines = claimable_lines(customer_id, run.until)
    draft = _replaced(customer_id, key, lines)
    if sum((line.net for line in lines), ZERO) == 0:
        run.state, run.done_at = BillingRun.State.DONE, now
        run.save(update_fields=["state", "done_at"])
        return None
    return draft or _write(actor, customer_id, key, lines, now)


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


def _replaced(customer_id: str, key: str, lines: Sequence[NewLine]) -> Invoice | None:
    """The draft as it stands if it is still right; whatever else is in its way is gone."""
    drafts = Invoice.objects.filter(
        customer_id=customer_id, kind=Invoice.Kind.INVOICE, state=Invoice.State.DRAFT
    ).prefetch_related("lines")
    kept = None
    for draft in drafts:
        if draft.run_key == key and is_current(draft, lines):
            kept = draft
        else:
            draft.delete()
    waiting = BillingRun.objects.filter(customer_id=customer_id, state=BillingRun.State.WAITING)
    waiting.exclude(key=key).delete()
    return kept


def _write(actor: Actor, customer_id: str, key: str, lines: Sequence[NewLine], now: datetime) -> Invoice:
    draft = Invoice.objects.create(
        customer_id=customer_id, kind=Invoice.Kind.INVOICE, run_key=key, drafted_at=now, currency=CURRENCY
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=draft,
            position=position,
            kind=line.kind,
            meter=line.meter,
            quantity=line.quantity,
            unit_price=line.unit_price,
            net=line.net,
            facts=dict(line.facts),
            **line.sources,
        )
        for position, line in enumerate(lines, start=1)
    )
    facts = {"run": key, "lines": len(lines)}
    audit.record(
        actor=actor, action="invoice.drafted", now=now, customer_id=customer_id, subject=draft.id, details=facts
    )
    return draft
