"""What every way to end a contract has in common: it is written down once, told to the owners, and carried out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.models import Customer, Ending, Erasure
from accounts.queries.contract import terms_of
from accounts.rules.endings import Dates, Ground, is_only_announced, refund_from
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.tenancy.context import forget_customers

_MOMENT = timedelta(microseconds=1)
_LIVING = (Customer.Status.ACTIVE, Customer.Status.SUSPENDED, Customer.Status.ENDING)


class EndingAskedAlready(Refusal):
    code = "ending_asked_already"
    status = 409
    title = _("The contract ends by then already.")


class ContractEnded(Refusal):
    code = "contract_ended"
    status = 409
    title = _("This contract has ended.")


def held_customer(customer_id: str) -> Customer:
    """The customer, which nobody else ends, suspends or restores until the transaction is over.

    Raises `NotFound`, `ContractEnded`.
    """
    customer: Customer | None = Customer.objects.select_for_update(no_key=True).filter(id=customer_id).first()
    if customer is None:
        raise NotFound
    if customer.status not in _LIVING:
        raise ContractEnded
    return customer


def ask_for_end(
    *,
    actor: Actor,
    customer: Customer,
    by: Ending.By,
    ground: Ground,
    noticed_on: date,
    dates: Dates,
    now: datetime,
    evidence: tuple[str, str] = ("", ""),
) -> Ending:
    """Write down that the held `customer`'s contract ends at `dates`, and carry it out when that is now.

    An end that comes earlier, or that is more than announced, takes the place of an open one. `evidence` is the name
    and SHA-256 of a letter. Raises `EndingAskedAlready`.
    """
    replaced = _replace(customer, ground, dates, now)
    terms = terms_of(customer.id, now=now)
    ending = Ending.objects.create(
        customer=customer,
        by=by,
        ground=ground,
        asked_by=actor.name,
        asked_at=now,
        noticed_on=noticed_on,
        ends_at=dates.ends_at,
        erase_by=dates.erase_by,
        confirmed=not is_only_announced(ground),
        amount=terms.amount if terms else None,
        evidence_name=evidence[0],
        evidence_sha256=evidence[1],
    )
    prepaid_until = terms.paid_until if terms and ground is Ground.NOTICE else None
    refund = refund_from(prepaid_until, dates.ends_at)
    facts = facts_of(ending) | {"replaces": replaced, "refund_from_at": refund.isoformat() if refund else None}
    event = "contract.ending" if ending.confirmed else "contract.end_announced"
    if ending.confirmed and ending.ends_at <= now:
        tell(actor, ending, event, now, facts, notice="")  # that it has ended is told at the same moment
        carry_out(actor=actor, ending=ending, now=now)
        return ending
    tell(actor, ending, event, now, facts, notice=event)
    if ending.confirmed:
        Customer.objects.filter(id=customer.id, status=Customer.Status.ACTIVE).update(status=Customer.Status.ENDING)
    forget_customers()
    return ending


def _replace(customer: Customer, ground: Ground, dates: Dates, now: datetime) -> str | None:
    standing = Ending.objects.open().filter(customer=customer).first()
    if standing is None:
        return None
    firmer = standing.only_announced and not is_only_announced(ground)
    earlier = dates.ends_at < standing.ends_at and not is_only_announced(ground)
    if not (firmer or earlier):
        raise EndingAskedAlready
    Ending.objects.filter(id=standing.id).update(state=Ending.State.WITHDRAWN, ended_at=now)
    return standing.id


def carry_out(*, actor: Actor, ending: Ending, now: datetime) -> None:
    """The contract is over: its members and tokens are out, only owners fetch the export, the erasure has its date.

    The dates are those of the ending, so that a job that comes late changes none of them.
    """
    Customer.objects.filter(id=ending.customer_id).update(status=Customer.Status.ENDED)
    terms = terms_of(ending.customer_id, now=ending.ends_at - _MOMENT)
    ending.amount = terms.amount if terms else ending.amount
    ending.state, ending.ended_at = Ending.State.DONE, now
    ending.save(update_fields=["amount", "state", "ended_at"])
    Erasure.objects.create(
        customer_id=ending.customer_id, ending=ending, scheduled_at=now, due_at=max(ending.erase_by, now)
    )
    tell(actor, ending, "customer.ended", now, facts_of(ending), notice="contract.ended")
    forget_customers()


def facts_of(ending: Ending) -> dict[str, Any]:
    """An ending as the audit trail, events and notices tell it."""
    return {
        "by": str(ending.by),
        "ground": str(ending.ground),
        "noticed_on": ending.noticed_on.isoformat(),
        "ends_at": ending.ends_at.isoformat(),
        "erased_at": ending.erase_by.isoformat(),
        "amount": str(ending.amount) if ending.amount is not None else None,
        "evidence_sha256": ending.evidence_sha256,
    }


def tell(actor: Actor, ending: Ending, event: str, now: datetime, facts: dict[str, Any], *, notice: str) -> None:
    """On record, in the stream, and to the owners by a `notice` of this kind, if any."""
    customer_id = ending.customer_id
    audit.record(actor=actor, action=event, now=now, customer_id=customer_id, subject=ending.id, details=facts)
    outbox.emit(event, now=now, customer_id=customer_id, subject=ending.id, payload=facts)
    if not notice:
        return
    withdrawable = ending.by == Ending.By.CUSTOMER and ending.ends_at > now
    give_notice(
        kind=notice,
        customer_id=customer_id,
        now=now,
        permission="customer.end",
        facts=facts | {"withdrawable": withdrawable, "reason": actor.reason},
        subject=ending.id,
    )
