"""Says of one member whether they see every document."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._standing import as_they_stand, held_member
from accounts.models import Membership
from kernel import audit, outbox
from kernel.actor import Actor


def change_member_visibility(*, actor: Actor, membership_id: str, sees_all: bool | None, now: datetime) -> Membership:
    """The member, who from the next request on sees every document, or their own and those shared with them, or
    (None) what the customer lets all members see (clause C2).

    Nobody widens what they do not see themselves: raises `Forbidden` without `seal.read_all`, and `NotFound`.
    """
    actor.require("member.manage")
    actor.require("seal.read_all")
    with transaction.atomic():
        member = held_member(actor, membership_id, within={Membership.Status.ACTIVE, Membership.Status.SUSPENDED})
        as_they_stand(actor).require("member.manage")
        facts = {"name": str(member), "from": member.sees_all, "to": sees_all}
        member.sees_all = sees_all
        member.save(update_fields=["sees_all"])
        audit.record(actor=actor, action="member.visibility_changed", now=now, subject=member.id, details=facts)
        outbox.emit(
            "member.visibility_changed",
            now=now,
            customer_id=actor.customer,
            subject=member.id,
            payload={"from": facts["from"], "to": sees_all},
        )
    return member
