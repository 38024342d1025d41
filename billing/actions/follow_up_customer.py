"""Take the steps that late payment calls for at one customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from billing.actions._documents import lock_documents
from billing.actions._telling import tell
from billing.models import DunningProposal, DunningStep
from billing.queries.demands import Demanded, demands_of, late_places
from billing.queries.dunning import accrued_interest
from billing.rules.dunning import LATE_PAYMENTS_THAT_BREACH, PROPOSED, Step, cure_until, steps_due, steps_undone
from billing.rules.interest import RATE_PER_DAY
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.money import euros

State = DunningProposal.State
_TOLD = (Step.DUE_SOON, Step.OVERDUE, Step.BREACH_NOTICED, Step.CURED)


@transaction.atomic
def follow_up_customer(*, actor: Actor, customer_id: str, now: datetime) -> int:
    """Take each step that is due for the customer's invoices, once, and withdraw those that proved unfounded (B15).

    Reminds before the due date, tells what is overdue, gives notice of the breach with its cure period, tells that it
    is cured, and asks staff to decide when it is not or when it is the third late payment of the term. Returns how many
    steps were taken or withdrawn. Steps are dated now, never back: whoever comes weeks late gives the whole cure
    period.
    """
    actor.require("billing.manage")
    lock_documents(customer_id)
    today = legal_date(now)
    demands = demands_of(customer_id, now=now)
    places = late_places(demands, customer_id, now=now)
    notices: list[tuple[str, Demanded, dict[str, Any]]] = []
    count = 0
    for each in demands:
        place = places.get(each.invoice.pk, LATE_PAYMENTS_THAT_BREACH if Step.THIRD_LATE in each.steps else 0)
        undone = steps_undone(each.demand, each.taken, today, late_count=place)
        for step in undone:
            _withdraw(actor, each, step, now)
        if Step.OVERDUE in undone:
            notices.append(("invoice.overdue_withdrawn", each, {}))
        standing = {step: day for step, day in each.taken.items() if step not in undone}
        for step in steps_due(each.demand, standing, today, late_count=place):
            facts = _take(actor, each, step, now)
            if step in _TOLD:
                notices.append((f"invoice.{step}", each, facts))
            count += 1
        count += len(undone)
    _propose(actor, customer_id, now)
    for kind, each, facts in notices:
        _notify(kind, each, facts, now)
    return count


def _take(actor: Actor, each: Demanded, step: Step, now: datetime) -> dict[str, Any]:
    today = legal_date(now)
    facts = _facts(each, now)
    until = cure_until(today) if step is Step.BREACH_NOTICED else None
    if until:
        facts["cure_until_on"] = until.isoformat()
    customer_id, invoice_id = each.invoice.customer_id, each.invoice.pk
    DunningStep.objects.create(
        customer_id=customer_id, invoice_id=invoice_id, kind=step.value, at=now, until=until, facts=facts
    )
    told = {"step": step.value, "number": each.number}
    audit.record(
        actor=actor, action="dunning.step_taken", now=now, customer_id=customer_id, subject=invoice_id, details=told
    )
    if step is Step.OVERDUE:
        payload = {"number": each.number, "due_on": each.demand.due_on.isoformat()}
        outbox.emit("invoice.overdue", now=now, customer_id=customer_id, subject=invoice_id, payload=payload)
    if step is Step.BREACH_NOTICED:
        payload = {"number": each.number, "cure_until": facts["cure_until_on"]}
        outbox.emit("invoice.breach_noticed", now=now, customer_id=customer_id, subject=invoice_id, payload=payload)
    return facts


def _facts(each: Demanded, now: datetime) -> dict[str, Any]:
    """Amounts and dates as they are told; JSON."""
    today = legal_date(now)
    settled = each.demand.settled_on
    return {
        "number": each.number,
        "document": each.invoice.kind,
        "gross": str(each.demand.gross),
        "open": str(each.open),
        "due_on": each.demand.due_on.isoformat(),
        **({"paid_on": settled.isoformat()} if settled else {}),
        "days_late": max(((settled or today) - each.demand.due_on).days, 0),
        "interest": str(accrued_interest(each.invoice, today).total),
        "per_day": str(euros(each.open * RATE_PER_DAY)),
    }


def _withdraw(actor: Actor, each: Demanded, step: Step, now: datetime) -> None:
    row, customer_id = each.steps[step], each.invoice.customer_id
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    DunningProposal.objects.filter(
        invoice_id=each.invoice.pk, ground=step.value, state__in=DunningProposal.WAITING
    ).update(state=State.WITHDRAWN, deferred_until=None, decided_at=now, decided_by=actor.name)
    told = {"step": step.value, "number": each.number}
    audit.record(
        actor=actor,
        action="dunning.step_withdrawn",
        now=now,
        customer_id=customer_id,
        subject=each.invoice.pk,
        details=told,
    )


def _propose(actor: Actor, customer_id: str, now: datetime) -> None:
    """Ask staff to decide, once for each ground, on what they have not decided yet; bring back what was put off."""
    proposals = DunningProposal.objects.filter(customer_id=customer_id)
    proposals.filter(state=State.DEFERRED, deferred_until__lt=legal_date(now)).update(
        state=State.OPEN, deferred_until=None
    )
    asked = DunningStep.objects.filter(customer_id=customer_id, kind__in=PROPOSED, withdrawn_at=None)
    for step in asked.order_by("at", "id"):
        same = proposals.filter(ground=step.kind)
        decided = same.filter(state__in=(State.SUSPENDED, State.DISMISSED), decided_at__gte=step.at)
        if same.filter(state__in=DunningProposal.WAITING).exists() or decided.exists():
            continue
        row = DunningProposal.objects.create(
            customer_id=customer_id, invoice_id=step.invoice_id, ground=step.kind, proposed_at=now, facts=step.facts
        )
        told = {"ground": row.ground, "number": step.facts["number"]}
        audit.record(
            actor=actor,
            action="dunning.decision_asked",
            now=now,
            customer_id=customer_id,
            subject=row.pk,
            details=told,
        )
        outbox.emit("customer.suspension_proposed", now=now, customer_id=customer_id, subject=row.pk, payload=told)


def _notify(kind: str, each: Demanded, facts: dict[str, Any], now: datetime) -> None:
    tell(kind, each.invoice.customer_id, subject=each.invoice.pk, facts=facts or _facts(each, now), now=now)
