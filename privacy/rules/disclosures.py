"""What authorities were given, who confirms it, and when its customer is told (D8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DisclosureState(StrEnum):
    """A row of the register: recorded by one of staff, confirmed or rejected by another; then told."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    TOLD = "told"


class Outcome(StrEnum):
    """What came of the authority's request."""

    GIVEN = "given"
    GIVEN_IN_PART = "given_in_part"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DisclosureTerms:
    """What decides about a row: `silent_until` is the first day on which the law lets the customer be told."""

    state: str
    recorded_by: int
    silent_until: date | None = None


def may_confirm(terms: DisclosureTerms, *, person_id: int) -> bool:
    """Whether this member of staff is a second person."""
    return terms.recorded_by != person_id


def may_be_told(terms: DisclosureTerms, *, on: date) -> bool:
    """Whether its customer is told now: it is confirmed, and no secrecy lasts."""
    return terms.state == DisclosureState.CONFIRMED and (terms.silent_until is None or on >= terms.silent_until)


def dates_fit(*, requested_on: date, disclosed_on: date | None, today: date) -> bool:
    """Whether something was asked for before it was given, and neither lies in the future."""
    return requested_on <= (disclosed_on or requested_on) and max(requested_on, disclosed_on or requested_on) <= today


def may_break_silence(silent_until: date | None, ordered_until: date) -> bool:
    """Whether a record would be told before the order of its access grant allows it: both are first days of telling."""
    return silent_until is None or silent_until < ordered_until
