"""Revokes an API token, with effect on the next request that uses it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import ApiToken
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound


def revoke_api_token(*, actor: Actor, token_id: str, now: datetime) -> None:
    """Revoke a token of the actor's customer; raises `NotFound` for a stranger's or one already revoked."""
    actor.require("token.manage")
    with transaction.atomic():
        own = ApiToken.objects.filter(id=token_id, customer_id=actor.customer)
        if not own.filter(revoked_at=None).update(revoked_at=now):
            raise NotFound
        token = own.values("name", "live").get()
        named, live = {"name": token["name"]}, {"live": token["live"]}
        audit.record(actor=actor, action="api_token.revoked", now=now, subject=token_id, details=named)
        outbox.emit("api_token.revoked", now=now, customer_id=actor.customer, subject=token_id, payload=live)
