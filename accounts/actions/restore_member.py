"""Ends a member's suspension; their role and tokens are what they were."""

from __future__ import annotations

from datetime import datetime

from accounts.actions._standing import change_standing
from accounts.models import Membership
from kernel.actor import Actor


def restore_member(*, actor: Actor, membership_id: str, now: datetime) -> Membership:
    """The restored member (clause C2).

    Raises `NotFound`, `WrongMemberStatus` unless suspended, and `OwnerNeeded`.
    """
    return change_standing(
        actor=actor,
        membership_id=membership_id,
        event="member.restored",
        now=now,
        within={Membership.Status.SUSPENDED},
        status=Membership.Status.ACTIVE,
    )
