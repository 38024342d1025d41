"""What a certificate may be ordered for, and which step of a key ceremony follows which."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

from trust.rules.certificates import SealSubject

# How much shorter than ordered a certificate may be: authorities start its validity before they are asked for it.
_TOLERATED = timedelta(days=31)
_REGISTRATION = re.compile(r"[0-9A-Z][0-9A-Z ./-]{1,30}[0-9A-Z]", re.IGNORECASE)
_NAME_LENGTH = 64  # ub-common-name and ub-organization-name (RFC 5280, appendix A)


class Step(StrEnum):
    """What is done for an order, in this order; CANCELLED may follow any but the last."""

    ORDERED = "ordered"
    KEY_MADE = "key_made"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


_SEQUENCE = (Step.ORDERED, Step.KEY_MADE, Step.CONFIRMED, Step.IMPORTED, Step.COMPLETED)
_OPEN = frozenset(_SEQUENCE[:-1])


def next_step(state: str) -> Step | None:
    """The step that an order in this state waits for; None when it has ended."""
    return _SEQUENCE[_SEQUENCE.index(Step(state)) + 1] if state in _OPEN else None


def may_follow(state: str, step: Step) -> bool:
    """Whether an order in this state can take this step."""
    return state in _OPEN if step is Step.CANCELLED else next_step(state) is step


def is_registration_number(text: str) -> bool:
    """Whether this can be a number in a trade register: three or more letters and digits."""
    return bool(_REGISTRATION.fullmatch(text))


def order_subject(*, legal_name: str, country: str, registration_number: str, seal_name: str) -> SealSubject:
    """The name the certificate is asked for; the identifier names the trade register (ETSI EN 319 412-1, 5.1.4)."""
    return SealSubject(
        common_name=seal_name[:_NAME_LENGTH],
        organization=legal_name[:_NAME_LENGTH],
        country=country,
        organization_identifier=f"NTR{country}-{registration_number}",
    )


def shortest_validity(years: int, *, now: datetime) -> datetime:
    """Until when a certificate for `years` must at least be valid to be what was ordered."""
    return now + timedelta(days=365 * years) - _TOLERATED
