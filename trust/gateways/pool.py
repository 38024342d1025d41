"""The pool of timestamp authorities as the settings have it."""

from __future__ import annotations

from django.conf import settings

from trust.rules.pool import PoolEntry, read_entry


def pool_entries(*, live: bool) -> list[PoolEntry]:
    """The entries of TSA_URLS or TEST_TSA_URLS in their order."""
    return [read_entry(text) for text in (settings.TSA_URLS if live else settings.TEST_TSA_URLS)]
