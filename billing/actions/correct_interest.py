"""Credits late interest that was billed too high, because a payment became known later."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._documents import lock_documents
from billing.actions.credit_invoice import credit_invoice
from billing.queries.demands import Demanded, demanded
from billing.queries.dunning import billed_interest
from billing.rules.interest import interest, segments
from kernel.actor import Actor


@transaction.atomic
def correct_interest(*, actor: Actor, customer_id: str, now: datetime) -> int:
    """Issue a credit note over what a note of late interest demands too much; returns how many were issued (B10).

    That is so when a payment is booked with a value date within the days that were billed. What was billed too low,
    because a payment in part was returned afterwards, is let go.
    """
    actor.require("billing.manage")
    lock_documents(customer_id)
    known: dict[str, Demanded | None] = {}
    excess: dict[str, dict[int, Decimal]] = {}
    credited: dict[str, Decimal] = {}
    for line in billed_interest(customer_id):
        if line.overdue_id not in known:
            known[line.overdue_id] = demanded(line.overdue_id)
        late = known[line.overdue_id]
        if late is None:
            continue
        owed = interest(segments(late.demand.gross, late.demand.settlements, line.starts_on, line.ends_on))
        credited[line.note_id] = credited.get(line.note_id, Decimal(0)) + line.credited
        if line.net - line.credited > owed:
            excess.setdefault(line.note_id, {})[line.position] = line.net - line.credited - owed
    for note_id, amounts in excess.items():
        credit_invoice(
            actor=actor,
            invoice_id=note_id,
            key=f"interest:{note_id}:{credited[note_id]}",
            reason=str(_("A payment was valued earlier than was known")),
            amounts=amounts,
            now=now,
        )
    return len(excess)
