"""A request about personal data asks for the erasure of somebody's account (clauses D1, D3)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.ask_deletion import OnlyOwner, ask_deletion
from accounts.actions.forget_person import PersonStays
from kernel import outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from privacy.catalogue import RULE
from privacy.models import ErasureWish
from privacy.rules.retention import due_on

_ACTOR = Actor.system("privacy.plan_person_erasure")


def plan_person_erasure(*, request_id: str, person_id: int, now: datetime) -> ErasureWish:
    """The wish: the person leaves every customer now, and is forgotten when the rule's days are over.

    Where that cannot be, because they are staff or the only owner of a customer, the request is told so at once by
    `rights_request.erasure_done` with `refused` and `detail`; who is forgotten already is told as done. Safe to run
    twice.
    """
    with transaction.atomic():
        wish, new = ErasureWish.objects.get_or_create(
            request_id=request_id, defaults={"person_id": person_id, "asked_at": now}
        )
        if not new:
            return wish
        try:
            with transaction.atomic():
                erased_on = due_on(RULE["person"], legal_date(now))
                ask_deletion(actor=_ACTOR, person_id=person_id, erased_on=erased_on, now=now)
        except (NotFound, OnlyOwner, PersonStays) as refusal:
            _end(wish, refusal, now)
    return wish


def _end(wish: ErasureWish, refusal: Refusal, now: datetime) -> None:
    forgotten = isinstance(refusal, NotFound)
    wish.refused, wish.ended_at = "" if forgotten else refusal.code, now
    wish.save(update_fields=["refused", "ended_at"])
    told = {"counts": {}, "refused": wish.refused, "detail": "" if forgotten else str(refusal.detail)}
    outbox.emit("rights_request.erasure_done", now=now, customer_id=None, subject=wish.request_id, payload=told)
