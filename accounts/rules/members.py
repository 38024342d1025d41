"""Who may change whose membership: only owners make and unmake owners, and one owner always remains (clause C2)."""

from __future__ import annotations

from dataclasses import dataclass
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
