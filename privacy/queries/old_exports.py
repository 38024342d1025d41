"""Copies of somebody's data whose days are over: how many, and how old they are (rule `rights_export`, D1)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from kernel.clock import legal_date
from privacy.models import RightsExport


def count_due(before: datetime) -> int:
    """How many were made on a legal day before that moment."""
    return int(RightsExport.objects.filter(made_on__lt=legal_date(before)).count())


def count_all() -> int:
    """How many there are."""
    return int(RightsExport.objects.count())


def oldest() -> datetime | None:
    """When the oldest was made."""
    found: datetime | None = RightsExport.objects.aggregate(first=Min("made_at"))["first"]
    return found
