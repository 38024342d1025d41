"""Invites somebody by e-mail to act for a customer in one role."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._invitations import require_invitable, send
from accounts.actions._standing import as_they_stand
from accounts.models import Invitation, Membership
from accounts.rules.permissions import Role
from kernel import idempotency
from kernel.actor import Actor

_OPERATION = "invite_member"


def invite_member(
    *, actor: Actor, email: str, role: Role, now: datetime, idempotency_key: str | None = None
) -> Invitation:
    """An invitation that holds for seven days and once; an earlier open one to the same address ends (clause C2).

    Its secret is mailed and nowhere stored: it follows from the invitation's id and our pepper. The same key with the
    same request gives the same invitation again. Raises `OwnerNeeded` (only owners invite owners), `AlreadyMember`,
    `EmailDomainNotAllowed`, `TooManyInvitations`, and what `kernel.idempotency` raises.
    """
    actor.require("member.manage")
    email = email.strip().lower()
    key = idempotency.idempotency_key(idempotency_key, {"email": email, "role": role.value})
    with idempotency.once(actor.customer, _OPERATION, key) as earlier:
        if earlier is not None:
            return Invitation.objects.get(id=earlier, customer_id=actor.customer)
        with transaction.atomic():
            Membership.objects.held(actor.customer)
            actor = as_they_stand(actor)
            require_invitable(actor, email, role, now)
            invitation = send(actor, email, role, now)
            idempotency.remember(actor.customer, _OPERATION, key, invitation.id, now=now)
    return invitation
