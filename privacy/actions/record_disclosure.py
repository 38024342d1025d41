"""One of staff writes down what an authority asked for and was given; a second person confirms it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries.customers import customer_called
from accounts.queries.grants import order_of_grant
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._disclosures import note
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import Disclosure
from privacy.rules.disclosures import DisclosureState, Outcome, dates_fit, may_break_silence


@dataclass(frozen=True, slots=True)
class DisclosureFacts:
    """What stands in the register: see `privacy.models.Disclosure`. `silent_until` is a day of the operator's zone."""

    authority: str
    country: str
    legal_basis: str
    reference: str
    outcome: str
    what: str
    requested_on: date
    disclosed_on: date | None
    grant_id: str = ""
    secrecy_ground: str = ""
    silent_until: date | None = None


def record_disclosure(*, actor: Actor, customer: str, facts: DisclosureFacts, now: datetime) -> Disclosure:
    """The record, which tells nobody anything until it is confirmed (clause D8).

    `customer` is an id or an address in the portal. Raises `Forbidden` for anybody but staff, `InvalidInput`.
    """
    require_staff(actor)
    customer_id = customer_called(customer)
    if customer_id is None:
        raise _wrong("customer", "not_found", _("There is no customer with this id or address."))
    _check(facts, customer_id, legal_date(now))
    with transaction.atomic():
        row = Disclosure.objects.create(
            **asdict(facts),
            customer_id=customer_id,
            state=DisclosureState.RECORDED.value,
            recorded_by=int(actor.person),
            recorded_by_name=actor.name,
            recorded_at=now,
        )
        note(actor, row, "disclosure.recorded", now=now)
    return row


def _check(facts: DisclosureFacts, customer_id: str, today: date) -> None:
    if not dates_fit(requested_on=facts.requested_on, disclosed_on=facts.disclosed_on, today=today):
        raise _wrong("disclosed_on", "out_of_order", _("It is asked for first, then given, and not in the future."))
    if (facts.outcome == Outcome.REFUSED) != (facts.disclosed_on is None):
        raise _wrong("disclosed_on", "required", _("A day on which it was given, unless nothing was."))
    if facts.silent_until is not None and not facts.secrecy_ground.strip():
        raise _wrong("secrecy_ground", "required", _("Write which law or order forbids to tell the customer."))
    if facts.grant_id:
        _check_grant(facts, customer_id)


def _check_grant(facts: DisclosureFacts, customer_id: str) -> None:
    """What the order of its grant forbids to tell, the register does not tell either."""
    order = order_of_grant(facts.grant_id)
    if order is None or order.customer_id != customer_id:
        raise _wrong("grant_id", "not_found", _("There is no access grant by an order with this id for this customer."))
    if order.silent_until and may_break_silence(facts.silent_until, legal_date(order.silent_until)):
        raise _wrong("silent_until", "too_early", _("The order of this access grant forbids to tell until later."))
