"""What was delivered, for whoever compares it with what was counted."""

from __future__ import annotations

from datetime import datetime

from kernel.tenancy.context import customer_schema
from sealing.models import Seal
from sealing.rules.seal_states import SealStatus


def delivered_sources(customer_id: str, since: datetime, until: datetime) -> set[str]:
    """The ids of a customer's live seals published from `since` until before `until` (UTC), deleted ones too."""
    with customer_schema(customer_id):
        seals = Seal.objects.filter(status=SealStatus.SEALED, live=True, sealed_at__gte=since, sealed_at__lt=until)
        return set(seals.values_list("id", flat=True))
