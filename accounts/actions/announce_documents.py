"""Has every customer told who will be bound by a version that was announced (clause D10)."""

from __future__ import annotations

from datetime import datetime

from accounts.queries.documents import announced_versions, customers_to_tell
from kernel import jobs
from kernel.clock import legal_date


def announce_documents(*, now: datetime) -> int:
    """Queue one telling for each customer and version that is to come; returns how many there are.

    It may run twice, late and at once with itself: who was told is left out, and a telling that is queued is the same
    work. Customers who joined after the announcement are told by a later run.
    """
    queued = 0
    for version in announced_versions(legal_date(now)):
        document = version.document
        for customer_id in customers_to_tell(document):
            jobs.enqueue(
                "accounts.tell_of_document",
                now=now,
                key=f"accounts.tell_of_document:{document.id}:{customer_id}",
                customer_id=customer_id,
                payload={"document": document.id},
            )
            queued += 1
    return queued
