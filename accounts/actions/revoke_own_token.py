"""Revokes the API token that asks for it: whoever has found one can make it harmless."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import ApiToken
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound


def revoke_own_token(*, actor: Actor, now: datetime) -> None:
    """With effect on the next request. For tokens only: raises `NotFound` for anybody else."""
    with transaction.atomic():
        own = ApiToken.objects.filter(id=actor.id, customer_id=actor.customer, revoked_at=None)
        if not own.update(revoked_at=now):
            raise NotFound
        audit.record(actor=actor, action="api_token.revoked", now=now, subject=actor.id, details={"by_itself": True})
        live = {"live": actor.live}
        outbox.emit("api_token.revoked", now=now, customer_id=actor.customer, subject=actor.id, payload=live)
