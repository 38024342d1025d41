"""Turn fees paid in advance into revenue, month by month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import CharField, Exists, IntegerField, OuterRef, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat

from billing.actions._documents import lock_documents
from billing.actions._ledger import post
from billing.models import Account, Invoice, InvoiceLine, JournalEntry
from billing.queries.credits import unearned
from billing.rules.invoicing import months_over, to_release
from billing.rules.periods import legal_date
from billing.rules.split import split
from kernel.actor import Actor
from kernel.clock import legal_zone


def release_deferred(*, actor: Actor, now: datetime) -> int:
    """Book the part of every month that is over from the fees paid in advance to the revenue; returns how many.

    The parts of a term differ by a cent at most and add up to its fee. Each line in a transaction of its own.
    """
    actor.require("billing.manage")
    today = legal_date(now, legal_zone())
    due = [line for line in _unfinished() if len(_booked(line)) < _months_over(line, today)]
    return sum(_release(line, today, now) for line in due)


def _unfinished() -> QuerySet[InvoiceLine]:
    """Fees of which the last month is not booked; months are booked in order."""
    last = Cast(KeyTextTransform("months", "facts"), IntegerField()) - 1
    name = Concat(Cast("pk", CharField()), Value(":"), Cast(last, CharField()))
    booked = JournalEntry.objects.filter(
        kind="released", document_type="invoice_line", document_id=OuterRef("last_name")
    )
    lines = InvoiceLine.objects.filter(
        kind=InvoiceLine.Kind.TERM_FEE, invoice__state=Invoice.State.FINALISED, invoice__kind=Invoice.Kind.INVOICE
    )
    return lines.annotate(last_name=name).filter(~Exists(booked)).select_related("invoice").order_by("pk")


@transaction.atomic
def _release(line: InvoiceLine, today: date, now: datetime) -> int:
    lock_documents(line.invoice.customer_id)
    booked, left, released = _booked(line), unearned(line), 0
    parts = split(line.net, [1] * int(line.facts["months"]))
    for month in range(_months_over(line, today)):
        if str(month) in booked:
            continue
        amount = to_release(parts[month], left=left)
        if not amount:  # what was credited is never earned
            break
        _post(line, month, amount, now)
        left -= amount
        released += 1
    return released


def _months_over(line: InvoiceLine, today: date) -> int:
    return months_over(date.fromisoformat(line.facts["from_on"]), today, most=int(line.facts["months"]))


def _booked(line: InvoiceLine) -> set[str]:
    entries = JournalEntry.objects.filter(
        kind="released", document_type="invoice_line", document_id__startswith=f"{line.pk}:"
    )
    return {name.partition(":")[2] for name in entries.values_list("document_id", flat=True)}


def _post(line: InvoiceLine, month: int, amount: Decimal, now: datetime) -> None:
    post(
        kind="released",
        document=("invoice_line", f"{line.pk}:{month}"),
        amounts=[(Account.DEFERRED, line.invoice.customer_id, amount), (Account.SUBSCRIPTION, None, -amount)],
        on=legal_date(now, legal_zone()),
        now=now,
    )
