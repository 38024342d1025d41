"""Which keys of a customer are still in the HSM."""

from __future__ import annotations

from trust.gateways import hsm
from trust.models import SealKey


def customer_keys_left(customer_id: str) -> int:
    """How many seal keys the HSM still has. Raises `hsm.HsmUnavailable`: nobody knows then."""
    return sum(hsm.key_exists(key.label) for key in SealKey.objects.filter(customer_id=customer_id))
