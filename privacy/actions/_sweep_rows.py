"""How rows of a table become a sweep."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from kernel import aging
from kernel.aging import AgedRows
from privacy.actions._retention import Spared, Sweep


def rows(rule: str, aged: AgedRows) -> Sweep:
    """The sweep of a table, which is its store."""
    return Sweep(
        rule=rule,
        store=aged.table,
        due=lambda before: aging.due(aged, before=before),
        population=partial(aging.population, aged),
        oldest=partial(aging.oldest, aged),
        erase=partial(_erase, aged),
        with_it=frozenset(part.partition(".")[0] for part in aged.parts),
    )


def _erase(aged: AgedRows, *, before: datetime, limit: int, spared: Spared) -> int:
    return aging.erase(
        aged,
        before=before,
        limit=limit,
        customers=spared.customers,
        people=spared.people,
        subjects=spared.subjects,
    )
