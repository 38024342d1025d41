"""The course of what a customer had with us, once its contract is over (D3, C8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from accounts.queries.erasures import ErasureToCome, customers_with_content, erasure_to_come, erasures_to_come
from privacy.actions._customer import CUSTOMER_STEPS, close, left_of_customer
from privacy.actions._retention import Candidate, Course


def _candidates(now: datetime) -> Iterator[Candidate]:
    return (_candidate(each) for each in erasures_to_come())


def _candidate_now(subject: str, now: datetime) -> Candidate | None:
    found = erasure_to_come(subject)
    return _candidate(found) if found else None


def _candidate(found: ErasureToCome) -> Candidate:
    return Candidate(subject=found.customer_id, event_on=found.ended_on, cycle=found.id, customer_id=found.customer_id)


CONTENT = Course(
    rule="content",
    kind="customer",
    candidates=_candidates,
    candidate=_candidate_now,
    population=customers_with_content,
    seize=close,
    steps=CUSTOMER_STEPS,
    left=left_of_customer,
)
