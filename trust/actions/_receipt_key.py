"""Making a receipt key, shared by the actions that need one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kernel.ids import new_id
from trust.gateways import hsm
from trust.gateways.receipt_keys import KEY_ALGORITHM
from trust.models import ReceiptKey


def new_key(*, now: datetime) -> dict[str, Any]:
    """The columns of a key that is in the HSM and in no row yet. Raises `hsm.HsmUnavailable` (an outage)."""
    label = new_id("rk")
    public_key = hsm.generate_key_pair(label, KEY_ALGORITHM)
    return {"id": label, "algorithm": KEY_ALGORITHM, "public_key": public_key, "created_at": now}


def signing_key(*, now: datetime) -> ReceiptKey:
    """The key that signs receipts, made at first use. Of two processes at once one wins; the other's key goes."""
    if found := ReceiptKey.objects.filter(retired_at=None).first():
        return found
    columns = new_key(now=now)
    key, created = ReceiptKey.objects.get_or_create(algorithm=KEY_ALGORITHM, retired_at=None, defaults=columns)
    if not created:
        hsm.destroy_key(columns["id"])
    return key
