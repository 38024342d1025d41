"""Who may change whose membership: only owners make and unmake owners, and one owner always remains (clause C2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.rules.permissions import Role


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member is at a customer: `role`, and whether the membership is active."""

    role: str
    active: bool

    @property
    def owns(self) -> bool:
        return self.active and self.role == Role.OWNER


class Verdict(StrEnum):
    ALLOWED = "allowed"
    OWNER_NEEDED = "owner_needed"
    LAST_OWNER = "last_owner"


def judge_change(before: Standing, after: Standing, *, by_owner: bool, other_owners: int) -> Verdict:
    """Whether a member may go from `before` to `after`.

    `by_owner`: whoever asks may appoint owners. `other_owners`: active owners besides this member.
    """
    if Role.OWNER in {before.role, after.role} and not by_owner:
        return Verdict.OWNER_NEEDED
    if before.owns and not after.owns and other_owners == 0:
        return Verdict.LAST_OWNER
    return Verdict.ALLOWED


class LastSeen(StrEnum):
    """How long ago somebody last signed in, told so roughly that it is no record of their working hours."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    EARLIER = "earlier"
    NEVER = "never"


_SEEN_WITHIN = {LastSeen.WEEK: 7, LastSeen.MONTH: 31, LastSeen.QUARTER: 92}


def last_seen(signed_in_at: datetime | None, now: datetime) -> LastSeen:
    """Within how many days of `now` somebody signed in: 7, 31 or 92."""
    if signed_in_at is None:
        return LastSeen.NEVER
    days = (now - signed_in_at).days
    return next((span for span, limit in _SEEN_WITHIN.items() if days < limit), LastSeen.EARLIER)
