"""Makes the person who was invited a member."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._invitations import AlreadyMember
from accounts.actions.give_notice import give_notice
from accounts.models import Invitation, Membership
from accounts.queries import invitation_for
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound


def accept_invitation(*, actor: Actor, secret: str, now: datetime) -> Membership:
    """The membership of the person who acts, in the role that was offered (clause C2).

    The invitation must be open, and its address a confirmed one of this person; raises `NotFound` otherwise, so
    that a forwarded or stolen link is worth nothing. Raises `AlreadyMember` for an active or suspended member.
    """
    invitation = invitation_for(actor=actor, secret=secret, now=now)
    with transaction.atomic():
        members = Membership.objects.held(invitation.customer_id)
        if not Invitation.objects.open(now=now).filter(id=invitation.id).update(accepted_at=now):
            raise NotFound
        if members.exclude(status=Membership.Status.ENDED).filter(person_id=actor.person).exists():
            raise AlreadyMember
        membership, _created = members.update_or_create(
            customer_id=invitation.customer_id,
            person_id=actor.person,
            defaults={"role": invitation.role, "status": Membership.Status.ACTIVE, "ended_at": None, "sees_all": None},
            create_defaults={"role": invitation.role, "created_at": now},
        )
        _tell(actor, invitation, membership, now)
    return membership


def _tell(actor: Actor, invitation: Invitation, membership: Membership, now: datetime) -> None:
    event, customer_id = "member.joined", invitation.customer_id
    facts = {"name": actor.name, "role": invitation.role, "invitation": invitation.id}
    audit.record(actor=actor, action=event, now=now, customer_id=customer_id, subject=membership.id, details=facts)
    outbox.emit(event, now=now, customer_id=customer_id, subject=membership.id, payload={"role": invitation.role})
    give_notice(
        kind=event,
        customer_id=customer_id,
        now=now,
        permission="member.manage",
        facts={"name": actor.name, "role": invitation.role},
        subject=membership.id,
    )
