"""Tells customers of disclosures whose secrecy is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy.actions._disclosures import held_disclosure, tell_if_allowed
from privacy.models import Disclosure
from privacy.rules.disclosures import DisclosureState


def tell_disclosures(*, now: datetime) -> int:
    """How many customers were told now, each as soon as the law allows it (clause D8). Safe to run twice."""
    confirmed = Disclosure.objects.filter(state=DisclosureState.CONFIRMED.value).order_by("id")
    return sum(_tell(disclosure_id, now) for disclosure_id in confirmed.values_list("id", flat=True))


def _tell(disclosure_id: str, now: datetime) -> bool:
    with transaction.atomic():
        return tell_if_allowed(held_disclosure(disclosure_id), now=now)
