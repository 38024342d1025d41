"""The change that changing a role, suspending, restoring and ending a membership have in common."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.rules.members import Verdict, judge_change
from accounts.rules.permissions import Role
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class LastOwner(Refusal):
    code = "last_owner"
    status = 409
    title = _("A customer always has an owner. Make somebody else owner first.")


class OwnerNeeded(Refusal):
    code = "owner_needed"
    status = 403
    title = _("Only an owner makes somebody owner or changes an owner.")


class WrongMemberStatus(Refusal):
    code = "wrong_member_status"
    status = 409
    title = _("This person’s membership has changed meanwhile. Look again.")


_REFUSALS: dict[Verdict, type[Refusal]] = {Verdict.LAST_OWNER: LastOwner, Verdict.OWNER_NEEDED: OwnerNeeded}


def change_standing(
    *,
    actor: Actor,
    membership_id: str,
    event: str,
    now: datetime,
    within: Collection[str],
    role: str | None = None,
    status: str | None = None,
) -> Membership:
    """Change the role or the status of a membership whose status is one of `within`, and tell it as `event`.

    Raises `NotFound` for a stranger's membership and one that has ended, `WrongMemberStatus`, `OwnerNeeded` and
    `LastOwner`. Whoever changes memberships of one customer waits for whoever does so already.
    """
    actor.require("member.manage")
    with transaction.atomic():
        members = Membership.objects.held(actor.customer)
        member = members.exclude(status=Membership.Status.ENDED).filter(id=membership_id).first()
        if member is None:
            raise NotFound
        if member.status not in within:
            raise WrongMemberStatus
        before, old = member.standing, {"role": member.role, "status": member.status}
        member.role, member.status = role or member.role, status or member.status
        owners = members.active().filter(role=Role.OWNER).exclude(id=membership_id).count()
        by_owner = actor.may("owner.appoint")
        verdict = judge_change(before, member.standing, by_owner=by_owner, other_owners=owners)
        if verdict is not Verdict.ALLOWED:
            raise _REFUSALS[verdict]
        member.ended_at = now if member.status == Membership.Status.ENDED else None
        member.save(update_fields=["role", "status", "ended_at"])
        new = {"role": member.role, "status": member.status}
        facts = {"name": str(member), "from": old, "to": new}
        audit.record(actor=actor, action=event, now=now, subject=member.id, details=facts)
        outbox.emit(event, now=now, customer_id=actor.customer, subject=member.id, payload={"from": old, "to": new})
    return member
