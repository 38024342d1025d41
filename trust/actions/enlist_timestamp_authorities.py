"""Brings the pool of timestamp authorities in line with the settings."""

from __future__ import annotations

from django.db import transaction

from trust.gateways.pool import pool_entries
from trust.models import TimestampAuthority


def enlist_timestamp_authorities() -> None:
    """The authorities of TSA_URLS and TEST_TSA_URLS, in that order; others are no longer asked.

    Rows are never deleted: accepted serials belong to them. Safe to run twice.
    """
    with transaction.atomic():
        for live in (True, False):
            entries = pool_entries(live=live)
            TimestampAuthority.objects.filter(live=live).exclude(url__in=[one.url for one in entries]).update(
                enlisted=False
            )
            for position, one in enumerate(entries):
                TimestampAuthority.objects.update_or_create(
                    live=live, url=one.url, defaults={"name": one.name, "position": position, "enlisted": True}
                )
