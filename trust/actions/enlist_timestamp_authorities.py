"""Brings the pool of timestamp authorities in line with the settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from trust.models import TimestampAuthority


def enlist_timestamp_authorities() -> None:
    """The authorities of TSA_URLS and TEST_TSA_URLS, in that order; others are no longer asked.

    Rows are never deleted: accepted serials belong to them. Safe to run twice.
    """
    with transaction.atomic():
        for live, urls in ((True, settings.TSA_URLS), (False, settings.TEST_TSA_URLS)):
            TimestampAuthority.objects.filter(live=live).exclude(url__in=urls).update(enlisted=False)
            for position, url in enumerate(urls):
                TimestampAuthority.objects.update_or_create(
                    live=live, url=url, defaults={"name": _name(url), "position": position, "enlisted": True}
                )


def _name(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")
