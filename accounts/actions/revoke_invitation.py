"""Takes an invitation back before it is accepted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._invitations import require_may_take_back
from accounts.models import Invitation
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound


def revoke_invitation(*, actor: Actor, invitation_id: str, now: datetime) -> None:
    """Make the mailed link worthless.

    Raises `NotFound` for a stranger's, accepted or revoked invitation, `OwnerNeeded` for one to become owner.
    """
    actor.require("member.manage")
    with transaction.atomic():
        invitation = (
            Invitation.objects.unused().select_for_update().filter(id=invitation_id, customer_id=actor.customer).first()
        )
        if invitation is None:
            raise NotFound
        require_may_take_back(actor, invitation)
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        facts = {"email": invitation.email, "role": invitation.role}
        audit.record(actor=actor, action="invitation.revoked", now=now, subject=invitation_id, details=facts)
        outbox.emit("invitation.revoked", now=now, customer_id=actor.customer, subject=invitation_id)
