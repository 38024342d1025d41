"""Answers a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._restrictions import restrict
from privacy.actions._rights import held_request, move, tell
from privacy.actions._staff import require_staff
from privacy.models import RightsRequest
from privacy.queries.outcomes import as_rows, outcomes
from privacy.rules.rights import RequestKind, RequestState, Result, restricts


def answer_rights_request(
    *, actor: Actor, request_id: str, answer: str, results: Mapping[str, Result], now: datetime
) -> RightsRequest:
    """The request, answered for good: in words, and what came of each class of data by the key of its rule (D1).

    What is kept gets its ground and last day from the rule. What is said to be kept and not used is so from now on. The
    letter goes out, and is sealed. Raises `Forbidden` for anybody but staff, `NotFound`, `RightsStepNotPossible`, and
    `ErasureUnderWay` where what is to be kept is going already.
    """
    require_staff(actor)
    with transaction.atomic():
        row = held_request(request_id)
        row.answer = answer.strip()
        row.outcome = as_rows(outcomes(results, today=legal_date(now)))
        move(actor, row, RequestState.ANSWERED, now=now)
        if restricts(RequestKind(row.kind), results.values()):
            restrict(actor, row, now=now)
        tell(row, "answered", now=now, payload={"letter": "answered"})
    return row
