"""Forgets consents to cookies whose time is over."""

from __future__ import annotations

from datetime import datetime

from privacy.models import ConsentRecord


def drop_old_consents(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` answers given before that moment, whatever they were; returns how many (clause D2)."""
    old = ConsentRecord.objects.filter(given_at__lt=before).order_by("pk").values("pk")[:limit]
    deleted, _by_model = ConsentRecord.objects.filter(pk__in=old).delete()
    return deleted
