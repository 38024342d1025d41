"""When somebody has left, and what stands in the place of an account whose person is forgotten (clause D3)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

FORGOTTEN_DOMAIN = "forgotten.invalid"  # reserved (RFC 2606): no mail ever goes there


def forgotten_address(person_id: int) -> str:
    """An address of nobody, another for each account, so that the real one can sign up again."""
    return f"{person_id}@{FORGOTTEN_DOMAIN}"


def is_forgotten(email: str) -> bool:
    """Whether this is the address of an account whose person is forgotten."""
    return email.endswith(f"@{FORGOTTEN_DOMAIN}")


class Leaving(StrEnum):
    """Why the clock of an account runs."""

    LEFT = "left"
    UNFINISHED = "unfinished"


def leaving(
    *,
    left_at: datetime | None,
    asked_at: datetime | None,
    kept_at: datetime | None,
    seen_at: datetime,
    has_applied: bool,
) -> tuple[Leaving, datetime]:
    """Which clock runs for the account of somebody who belongs to no customer, and since when.

    Who asked for it has left then, whatever else is under way, unless they were a member again later. Who left all
    customers at `left_at` has left, unless they wanted to keep the account since (`kept_at`) or have applied for a
    customer. Everybody else never finished: their clock runs from when they were last seen, which is at their sign-up
    or last sign-in (`seen_at`).
    """
    if asked_at is not None and (left_at is None or asked_at >= left_at):
        return Leaving.LEFT, asked_at
    kept = kept_at is not None and (left_at is None or kept_at >= left_at)
    if left_at is not None and not kept and not has_applied:
        return Leaving.LEFT, left_at
    return Leaving.UNFINISHED, max(each for each in (left_at, kept_at, seen_at) if each is not None)
