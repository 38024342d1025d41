"""Renews one trusted list."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from trust.actions.keep_trusted_list import keep_trusted_list
from trust.actions.note_list_trouble import note_list_trouble
from trust.gateways.trusted_lists import ListAway, fetch_list
from trust.models import TrustedList


def refresh_trusted_list(*, territory: str, now: datetime) -> None:
    """Fetch a list from where the list of the lists points and keep it if it is good; else the last good one stays."""
    row = TrustedList.objects.filter(territory=territory, pointed_at=True).defer("content").first()
    if row is None or not settings.TRUSTED_LISTS_URL:
        return
    try:
        content = fetch_list(row.url)
    except ListAway as error:
        note_list_trouble(territory=territory, problem=str(error), now=now)
        return
    keep_trusted_list(territory=territory, content=content, signers=[bytes(one) for one in row.signers], now=now)
