"""Makes somebody else owner and the owner who does it an administrator, in one act."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._standing import OwnerNeeded, WrongMemberStatus, held_member
from accounts.actions.give_notice import give_notice
from accounts.models import Membership
from accounts.rules.permissions import Role
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, NotFound, Refusal


class MemberNotConfirmed(Refusal):
    code = "member_not_confirmed"
    title = _("This is not the e-mail address of that member, so nothing was changed.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/confirmed_email", self.code, str(self.title))])


def transfer_ownership(*, actor: Actor, membership_id: str, confirmed_email: str, now: datetime) -> Membership:
    """The new owner, an active member until now; who acts becomes an administrator (clause C2).

    `confirmed_email` is the new owner's address, typed by a person. Raises `OwnerNeeded` for all but owners at work
    in the portal, `NotFound` (also for oneself), `WrongMemberStatus` for a member who is not active or is an owner
    already, and `MemberNotConfirmed`.
    """
    if actor.kind != "member" or not actor.may("owner.appoint"):
        raise OwnerNeeded
    with transaction.atomic():
        heir = held_member(actor, membership_id, within={Membership.Status.ACTIVE})
        owner = Membership.objects.get(id=actor.id)
        if heir.id == owner.id:
            raise NotFound
        if heir.role == Role.OWNER or not owner.standing.owns:  # read again under the lock: they may have lost it
            raise WrongMemberStatus
        if confirmed_email.strip().lower() != heir.person.email.lower():
            raise MemberNotConfirmed
        before = heir.role
        heir.role, owner.role = Role.OWNER.value, Role.ADMINISTRATOR.value
        heir.save(update_fields=["role"])
        owner.save(update_fields=["role"])
        facts = {"name": str(heir), "from": owner.id, "role_before": before}
        audit.record(actor=actor, action="ownership.transferred", now=now, subject=heir.id, details=facts)
        outbox.emit(
            "ownership.transferred",
            now=now,
            customer_id=actor.customer,
            subject=heir.id,
            payload={"from": owner.id, "role_before": before},
        )
        give_notice(
            kind="ownership.transferred",
            customer_id=actor.customer,
            now=now,
            people=[heir.person_id, owner.person_id],
            facts={"name": str(heir), "by": actor.name},
            subject=heir.id,
        )
    return heir
