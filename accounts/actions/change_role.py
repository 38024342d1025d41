"""Gives a member another role, with effect on their next request and that of their tokens."""

from __future__ import annotations

from datetime import datetime

from accounts.actions._standing import change_standing
from accounts.models import Membership
from accounts.rules.permissions import Role
from kernel.actor import Actor


def change_role(*, actor: Actor, membership_id: str, role: Role, now: datetime) -> Membership:
    """The member with its new role (clause C2). Setting the role a member has is allowed and recorded.

    Raises `NotFound`, `OwnerNeeded` (only owners make and unmake owners) and `LastOwner`.
    """
    return change_standing(
        actor=actor,
        membership_id=membership_id,
        event="member.role_changed",
        now=now,
        within={Membership.Status.ACTIVE, Membership.Status.SUSPENDED},
        role=role.value,
    )
