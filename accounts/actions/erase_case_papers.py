"""Erases old cases with the papers that were handed in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from accounts.models import Case, CaseEvidence
from kernel import aging, vault
from kernel.aging import AgedRows


def erase_case_papers(
    *,
    aged: AgedRows,
    before: datetime,
    limit: int,
    customers: Collection[str],
    people: Collection[str],
    subjects: Collection[str],
) -> int:
    """Erase at most `limit` cases that ended before that moment, and their papers' objects (clause D4); how many.

    The rows go first: an object that nothing names, after a kill, is found by the comparison of storage and rows.
    """
    papers = dict(CaseEvidence.objects.filter(case__ended_at__lt=before).values_list("object_name", "case_id"))
    gone = aging.erase(aged, before=before, limit=limit, customers=customers, people=people, subjects=subjects)
    if gone:
        left = set(Case.objects.filter(id__in=papers.values()).values_list("id", flat=True))
        for name, case_id in papers.items():
            if case_id not in left:
                vault.delete_object(name)
    return gone
