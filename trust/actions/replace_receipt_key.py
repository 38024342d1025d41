"""Puts a new receipt key in the place of the one that signs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden
from trust.actions._receipt_key import new_key
from trust.gateways import hsm
from trust.models import ReceiptKey


def replace_receipt_key(*, actor: Actor, now: datetime) -> str:
    """From now on a new key signs receipts; returns its id. Receipts signed before stay valid.

    The old private key is destroyed, its public key stays published. Also the way out when a token was lost with
    the key in it. Staff only. Must not run inside a transaction. Raises Forbidden, `hsm.HsmUnavailable` (an outage).
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    columns = new_key(now=now)
    with transaction.atomic():
        retired = list(ReceiptKey.objects.select_for_update().filter(retired_at=None))
        ReceiptKey.objects.filter(id__in=[key.id for key in retired]).update(retired_at=now)
        key = ReceiptKey.objects.create(**columns)
        audit.record(
            actor=actor,
            action="receipt_key.replaced",
            now=now,
            subject=key.id,
            details={"retired": [each.id for each in retired]},
        )
    for each in retired:
        hsm.destroy_key(each.label)
    return str(key.id)
