"""Notes with a request what came of the erasure of the account that it is about (D1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext, override

from accounts.queries.leavers import kept_of_person
from kernel.actor import Actor
from privacy.actions._rights import held_request, log
from privacy.catalogue import TABLES
from privacy.models import RightsRequest, RightsStep
from privacy.models.rights import ACCOUNT_ERASED, ACCOUNT_STAYS


def note_account_erased(
    *, request_id: str, counts: Mapping[str, int], refused: str, detail: str, now: datetime
) -> RightsStep | None:
    """The step of the request that says it, in words of the requester's language; once. None when it was noted before.

    `counts` are rows that went, by table; `refused` is the code of why the account stays, and `detail` says it in
    words. Staff and the requester see it, whether the request is open or not; staff still answer. Raises `NotFound`
    for a request that is gone.
    """
    step = ACCOUNT_STAYS if refused else ACCOUNT_ERASED
    with transaction.atomic():
        row = held_request(request_id)
        if row.steps.filter(step=step).exists():
            return None
        with override(row.language):
            said = detail or refused if refused else _said(row, counts)
        log(Actor.system("privacy.rights"), row, step, now=now, reason=said)
        return row.steps.get(step=step)


def _said(row: RightsRequest, counts: Mapping[str, int]) -> str:
    kept = kept_of_person(row.person_id) if row.person_id is not None else {}
    lines = [gettext("Gone: %(tables)s.") % {"tables": _tables(counts)}] if counts else []
    if kept:
        lines.append(gettext("Kept, because a law obliges us: %(tables)s.") % {"tables": _tables(kept)})
    return "\n".join(lines) or gettext("The account was gone before.")


def _tables(counts: Mapping[str, int]) -> str:
    words = {table.name: table.words for table in TABLES}
    return "; ".join(f"{gettext(words.get(name, name))} ({count})" for name, count in sorted(counts.items()))
