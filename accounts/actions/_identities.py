"""The row that signing in for the first time and confirming have in common."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Identity, IdentityProvider, Membership
from kernel import audit, outbox
from kernel.actor import Actor


def record_identity(
    *, actor: Actor, provider: IdentityProvider, subject: str, member: Membership, confirmed: bool, now: datetime
) -> Identity:
    """The new identity, in the caller's transaction, in the place of an earlier one of this member.

    `confirmed`: by the member, signed in by means of their own.
    """
    Identity.objects.filter(provider=provider, membership=member).delete()
    identity = Identity.objects.create(
        provider=provider, subject=subject, membership=member, confirmed=confirmed, created_at=now, last_used_at=now
    )
    facts = {"name": str(member.person), "provider": provider.name}
    audit.record(
        actor=actor,
        action="identity.linked",
        now=now,
        customer_id=provider.customer_id,
        subject=member.id,
        details=facts,
    )
    outbox.emit("identity.linked", now=now, customer_id=provider.customer_id, subject=member.id)
    return identity
