"""Free accounts that nobody uses (clause C9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from accounts.actions.end_inactive import end_inactive
from accounts.actions.give_notice import give_notice
from accounts.queries.activity import Activity, activity_of, quiet_customers, working_customers
from billing.queries.paying import paying_customers
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._customer import CUSTOMER_STEPS, close, left_of_customer
from privacy.actions._retention import Candidate, Course
from privacy.catalogue import RULE
from privacy.models import RetentionItem
from privacy.rules.retention import watched_since

_ACTOR = Actor.system("privacy.end_inactive")


def _candidates(now: datetime) -> Iterator[Candidate]:
    """Only those that hear of it soon: what a customer in use does every day is no cycle worth a row."""
    quiet = list(quiet_customers(watched_since(RULE["inactive_account"], legal_date(now))))
    paying = paying_customers([each.customer_id for each in quiet], now=now)
    return (_candidate(each) for each in quiet if each.customer_id not in paying)


def _looked_at(subject: str, now: datetime) -> Candidate | None:
    seen = activity_of(subject)
    if seen is None or seen.last_on >= watched_since(RULE["inactive_account"], legal_date(now)):
        return None
    return None if paying_customers([subject], now=now) else _candidate(seen)


def _candidate(seen: Activity) -> Candidate:
    return Candidate(
        subject=seen.customer_id, customer_id=seen.customer_id, event_on=seen.last_on, cycle=seen.last_on.isoformat()
    )


def _tell(item: RetentionItem, days_before: int, due_on: date, now: datetime) -> None:
    give_notice(
        kind="customer.inactive",
        customer_id=item.customer_id,
        permission="customer.manage",
        facts={"erased_on": due_on.isoformat(), "active_on": item.cycle},
        subject=item.customer_id,
        now=now,
    )


def _seize(item: RetentionItem, now: datetime) -> bool:
    """The contract ends and the door is shut in one; somebody who came in a moment ago, or a plan, keeps both open."""
    if paying_customers([item.customer_id], now=now):
        return False
    last_on = date.fromisoformat(item.cycle)
    ended = end_inactive(actor=_ACTOR, customer_id=item.customer_id, last_on=last_on, now=now)
    return ended and close(item, now)


INACTIVE = Course(
    rule="inactive_account",
    kind="customer",
    candidates=_candidates,
    candidate=_looked_at,
    population=working_customers,
    seize=_seize,
    steps=CUSTOMER_STEPS,
    left=left_of_customer,
    tell=_tell,
)
