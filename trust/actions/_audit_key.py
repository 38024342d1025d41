"""The key that signs checkpoints of the audit trail, for the action that does."""

from __future__ import annotations

from datetime import datetime

from kernel.ids import new_id
from trust.gateways import hsm
from trust.gateways.receipt_keys import KEY_ALGORITHM
from trust.models import AuditKey


def signing_key(*, now: datetime) -> AuditKey:
    """The audit key in force, made at first use. Of two processes at once one wins; the other's key goes.

    Raises `hsm.HsmUnavailable` (an outage).
    """
    if found := AuditKey.objects.filter(retired_at=None).first():
        return found
    label = new_id("ak")
    public_key = hsm.generate_key_pair(label, KEY_ALGORITHM)
    key, created = AuditKey.objects.get_or_create(
        algorithm=KEY_ALGORITHM,
        retired_at=None,
        defaults={"id": label, "public_key": public_key, "created_at": now},
    )
    if not created:
        hsm.destroy_key(label)
    return key
