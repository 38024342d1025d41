"""Invites again somebody whose invitation is lost or has expired."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._invitations import require_invitable, send
from accounts.actions._standing import as_they_stand
from accounts.models import Invitation, Membership
from accounts.rules.permissions import Role
from kernel.actor import Actor
from kernel.errors import NotFound


def resend_invitation(*, actor: Actor, invitation_id: str, now: datetime) -> Invitation:
    """A new invitation to the same address in the same role; the earlier link becomes worthless (clause C2).

    Raises `NotFound` for a stranger's, accepted or revoked invitation, and whatever `invite_member` raises.
    """
    actor.require("member.manage")
    with transaction.atomic():
        Membership.objects.held(actor.customer)
        actor = as_they_stand(actor)
        earlier = Invitation.objects.unused().filter(id=invitation_id, customer_id=actor.customer).first()
        if earlier is None:
            raise NotFound
        role = Role(earlier.role)
        require_invitable(actor, earlier.email, role, now)
        return send(actor, earlier.email, role, now)
