"""Makes an API token and returns it, the only time it can be read."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken
from accounts.queries import token_secret_hash
from accounts.rules.permissions import scopes_within
from accounts.rules.tokens import assemble
from kernel import audit
from kernel.actor import Actor
from kernel.errors import FieldError, Refusal

LIFETIME_DAYS = 365


class ScopeNotYours(Refusal):
    code = "scope_not_yours"
    status = 403
    title = _("A token cannot do more than the person who makes it.")


def create_api_token(
    *,
    actor: Actor,
    name: str,
    live: bool,
    scopes: frozenset[str],
    now: datetime,
    lifetime_days: int = LIFETIME_DAYS,
) -> tuple[ApiToken, str]:
    """The token's row and the token itself, which is not stored. A test token never seals with a live certificate."""
    actor.require("token.manage")
    granted = scopes_within(actor.permissions, scopes)
    if granted != scopes or not scopes:
        raise ScopeNotYours(errors=[FieldError("/scopes", "scope_not_yours", str(ScopeNotYours.title))])
    token, parts = assemble(live=live, id_number=secrets.randbits(59), secret_number=secrets.randbits(256))
    with transaction.atomic():
        row = ApiToken.objects.create(
            customer_id=actor.customer,
            name=name,
            live=live,
            public_id=parts.public_id,
            secret_hash=token_secret_hash(parts.secret),
            scopes=sorted(granted),
            created_by_id=actor.id,
            created_at=now,
            expires_at=now + timedelta(days=lifetime_days),
        )
        audit.record(
            actor=actor,
            action="api_token.created",
            now=now,
            subject=row.id,
            details={"name": name, "live": live, "scopes": row.scopes},
        )
    return row, token
