"""Tells the requests that asked for it that somebody is forgotten (clauses D1, D3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kernel import outbox
from privacy.models import ErasureWish


def report_person_erasure(*, person_id: int, counts: Mapping[str, int], now: datetime) -> int:
    """How many requests were told, each by `rights_request.erasure_done` with how many rows of what went. Once each."""
    with transaction.atomic():
        waiting = ErasureWish.objects.select_for_update().filter(person_id=person_id, ended_at=None)
        wishes = list(waiting.order_by("request_id"))
        for wish in wishes:
            told = {"counts": dict(counts), "refused": "", "detail": ""}
            outbox.emit("rights_request.erasure_done", now=now, customer_id=None, subject=wish.request_id, payload=told)
        waiting.update(ended_at=now)
    return len(wishes)
