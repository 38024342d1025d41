"""A member leaves by themself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._standing import apply, held_member
from accounts.models import Membership
from kernel.actor import Actor
from kernel.errors import Forbidden


def leave_customer(*, actor: Actor, now: datetime) -> Membership:
    """The ended membership of the member who acts (clause C2). No permission is needed to go.

    Raises `Forbidden` for anybody but a member, `NotFound`, `WrongMemberStatus` and `LastOwner`.
    """
    if actor.kind != "member":
        raise Forbidden
    with transaction.atomic():
        member = held_member(actor, actor.id, within={Membership.Status.ACTIVE})
        status = Membership.Status.ENDED
        apply(actor, member, event="member.left", now=now, status=status, by_owner=True)
    return member
