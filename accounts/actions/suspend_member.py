"""Suspends a member: every session and token of theirs stops working at this customer with the next request."""

from __future__ import annotations

from datetime import datetime

from accounts.actions._standing import change_standing
from accounts.models import Membership
from kernel.actor import Actor


def suspend_member(*, actor: Actor, membership_id: str, now: datetime) -> Membership:
    """The suspended member (clause C2).

    Raises `NotFound`, `WrongMemberStatus` unless active, `OwnerNeeded` and `LastOwner`.
    """
    return change_standing(
        actor=actor,
        membership_id=membership_id,
        event="member.suspended",
        now=now,
        within={Membership.Status.ACTIVE},
        status=Membership.Status.SUSPENDED,
    )
