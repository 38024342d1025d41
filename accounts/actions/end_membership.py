"""Ends a membership. The person keeps their sign-in; only a new invitation brings them back."""

from __future__ import annotations

from datetime import datetime

from accounts.actions._standing import change_standing
from accounts.models import Membership
from kernel.actor import Actor


def end_membership(*, actor: Actor, membership_id: str, now: datetime) -> Membership:
    """The ended membership (clause C2). Its row stays: the audit trail and documents name it.

    Raises `NotFound` (also when it has ended already), `OwnerNeeded` and `LastOwner`.
    """
    return change_standing(
        actor=actor,
        membership_id=membership_id,
        event="member.ended",
        now=now,
        within={Membership.Status.ACTIVE, Membership.Status.SUSPENDED},
        status=Membership.Status.ENDED,
    )
