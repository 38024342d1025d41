"""Tells a customer of a disclosure whose secrecy is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy.actions._disclosures import held_disclosure, tell_if_allowed


def tell_disclosure(*, disclosure_id: str, now: datetime) -> bool:
    """Whether the customer was told now (clause D8). Safe to run twice. Raises `NotFound`."""
    with transaction.atomic():
        return tell_if_allowed(held_disclosure(disclosure_id), now=now)
