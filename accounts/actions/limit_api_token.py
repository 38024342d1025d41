"""Says from which networks an API token may be used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.actions._tokens import checked_networks
from accounts.models import ApiToken
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound


def limit_api_token(*, actor: Actor, token_id: str, networks: Sequence[str], now: datetime) -> None:
    """From the next request on; none means from everywhere.

    Raises `NotFound` for a stranger's or a revoked one, `NetworkUnreadable`.
    """
    actor.require("token.manage")
    wanted = checked_networks(networks)
    with transaction.atomic():
        found = ApiToken.objects.select_for_update(no_key=True).filter(customer_id=actor.customer, revoked_at=None)
        row = found.filter(id=token_id).first()
        if row is None:
            raise NotFound
        before, row.networks = row.networks, wanted
        row.save(update_fields=["networks"])
        facts = {"from": before, "to": wanted}
        audit.record(actor=actor, action="api_token.changed", now=now, subject=row.id, details=facts)
        live = {"live": row.live}
        outbox.emit("api_token.changed", now=now, customer_id=actor.customer, subject=row.id, payload=live)
