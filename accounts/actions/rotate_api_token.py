"""Gives an API token a new secret, while the one before works on for a while."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions.create_api_token import ScopeNotYours
from accounts.models import ApiToken
from accounts.queries import secret_hash
from accounts.rules.tokens import LONGEST_OVERLAP_DAYS, SECRET_BITS, with_secret
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import InvalidInput, NotFound


def rotate_api_token(*, actor: Actor, token_id: str, overlap_days: int, now: datetime) -> tuple[ApiToken, str]:
    """The row and the new token, of the same id, scopes and end; the old secret works for `overlap_days`, 7 at most.

    Nobody gets a token that may do more than they: raises `ScopeNotYours`. Raises `NotFound` for a stranger's, a
    revoked or an expired one, `InvalidInput` for another overlap.
    """
    actor.require("token.manage")
    if not 0 <= overlap_days <= LONGEST_OVERLAP_DAYS:
        raise InvalidInput
    with transaction.atomic():
        usable = ApiToken.objects.select_for_update(no_key=True).filter(revoked_at=None, expires_at__gt=now)
        row = usable.filter(id=token_id, customer_id=actor.customer).first()
        if row is None:
            raise NotFound
        if not set(row.scopes) <= actor.permissions:
            raise ScopeNotYours
        token, secret = with_secret(live=row.live, public_id=row.public_id, number=secrets.randbits(SECRET_BITS))
        row.former_secret_hash, row.former_until = row.secret_hash, now + timedelta(days=overlap_days)
        row.secret_hash = secret_hash(secret)
        row.save(update_fields=["former_secret_hash", "former_until", "secret_hash"])
        facts = {"live": row.live, "old_until": row.former_until.isoformat()}
        audit.record(actor=actor, action="api_token.rotated", now=now, subject=row.id, details=facts)
        outbox.emit("api_token.rotated", now=now, customer_id=actor.customer, subject=row.id, payload=facts)
    return row, token
