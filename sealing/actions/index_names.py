"""Makes documents findable that were accepted before there was a search."""

from __future__ import annotations

from sealing.gateways.encrypted import name_of, options_of, search_index
from sealing.models import Document

AT_ONCE = 500


def index_names(*, customer_id: str) -> int:
    """Fill the search index of the customer's documents that have none; returns how many. Raises `Outage` when the
    HSM is away; what is done by then stays done.
    """
    count, missing = 0, Document.objects.filter(search_index=None)
    while rows := list(missing.select_related("seal").order_by("id")[:AT_ONCE]):
        for row in rows:
            missing.filter(id=row.id).update(search_index=_index(customer_id, row))  # unless deleted meanwhile
        count += len(rows)
    return count


def _index(customer_id: str, row: Document) -> list[int]:
    return search_index(customer_id, name_of(customer_id, row), options_of(customer_id, row.seal)["reference"])
