"""Cases go with the papers that were handed in: first their rows, then the objects that nothing names any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from accounts.actions.erase_case_papers import erase_case_papers
from kernel.aging import AgedRows
from privacy.actions._retention import Spared, Sweep
from privacy.actions._sweep_rows import rows


def evidence(aged: AgedRows) -> Sweep:
    """The sweep of cases."""
    swept = rows("bookkeeping", aged)
    return replace(swept, erase=partial(_erase, aged), with_it=swept.with_it | {"case_evidence"})


def _erase(aged: AgedRows, *, before: datetime, limit: int, spared: Spared) -> int:
    return erase_case_papers(
        aged=aged,
        before=before,
        limit=limit,
        customers=spared.customers,
        people=spared.people,
        subjects=spared.subjects,
    )
