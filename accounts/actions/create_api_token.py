"""Makes an API token and returns it, the only time it can be read."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._tokens import checked_networks
from accounts.models import ApiToken
from accounts.queries import secret_hash
from accounts.rules.permissions import scopes_within
from accounts.rules.tokens import ID_BITS, SECRET_BITS, assemble
from kernel import audit, outbox
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
    networks: Sequence[str] = (),
    lifetime_days: int = LIFETIME_DAYS,
) -> tuple[ApiToken, str]:
    """The token's row and the token itself, which is not stored. A test token never seals with a live certificate.

    With `networks` (CIDR) it is refused from anywhere else. Raises `ScopeNotYours` for scopes that the maker does not
    have or tokens cannot have, and for none at all; `NetworkUnreadable`.
    """
    actor.require("token.manage")
    granted = scopes_within(actor.permissions, scopes)
    if granted != scopes or not scopes:
        raise ScopeNotYours(errors=[FieldError("/scopes", "scope_not_yours", str(ScopeNotYours.title))])
    within = checked_networks(networks)
    token, parts = assemble(live=live, id_number=secrets.randbits(ID_BITS), secret_number=secrets.randbits(SECRET_BITS))
    with transaction.atomic():
        row = ApiToken.objects.create(
            customer_id=actor.customer,
            name=name,
            live=live,
            public_id=parts.public_id,
            secret_hash=secret_hash(parts.secret),
            scopes=sorted(granted),
            networks=within,
            created_by_id=actor.id,
            created_at=now,
            expires_at=now + timedelta(days=lifetime_days),
        )
        facts = {"name": name, "live": live, "scopes": row.scopes, "networks": within}
        audit.record(actor=actor, action="api_token.created", now=now, subject=row.id, details=facts)
        outbox.emit("api_token.created", now=now, customer_id=actor.customer, subject=row.id, payload=facts)
    return row, token
