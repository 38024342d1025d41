"""What customers have us keep about one person: who had what sealed, shared and deleted, and never what (D9).

Names and content of documents are the customer's: it is their controller, and is asked for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from accounts.queries.whose import Whose
from kernel.personal_rows import PersonalRows, personal_rows
from kernel.tenancy.context import CustomerGone, customer_schema
from sealing.models import Batch, Seal, SealArchiving, SealShare

_AT_ONCE = 500


def sealing_rows(whose: Whose) -> list[PersonalRows]:
    """The four tables of every customer to which the person belongs or belonged, a customer's rows after another's.

    Each row says in `customer_id` whose schema it is from; one that is erased has none. Reading raises `SchemaLags`.
    """
    return [
        _everywhere(
            whose,
            Seal.objects.filter(Q(requested_by__in=whose.members) | Q(deleted_by__in=whose.members)),
            "id status format level live accepted_at sealed_at size requested_by requested_by_name deleted_at "
            "deleted_by deleted_by_name",
            ("requested_by requested_by_name", "deleted_by deleted_by_name"),
        ),
        _everywhere(
            whose,
            Batch.objects.filter(requested_by__in=whose.members),
            "id live opened_at closed_at size requested_by requested_by_name",
        ),
        _everywhere(
            whose,
            SealShare.objects.filter(Q(member_id__in=whose.members) | Q(shared_by__in=whose.members)),
            "id seal_id shared_at member_id member_name shared_by shared_by_name",
            ("member_id member_name", "shared_by shared_by_name"),
        ),
        _everywhere(
            whose,
            SealArchiving.objects.filter(ordered_by__in=whose.members),
            "id seal_id ordered_at ended_at outcome ordered_by",
        ),
    ]


def _everywhere(whose: Whose, found: QuerySet[Any], fields: str, theirs: tuple[str, ...] = ()) -> PersonalRows:
    described = personal_rows(found, fields)

    def rows() -> Iterator[Mapping[str, Any]]:
        for customer_id in whose.customers:
            after: Any = None
            while True:
                rest = found.order_by("id") if after is None else found.filter(id__gt=after).order_by("id")
                read = _read(customer_id, personal_rows(rest[:_AT_ONCE], fields, marks=whose.marks, theirs=theirs))
                yield from ({"customer_id": customer_id, **row} for row in read)
                if len(read) < _AT_ONCE:
                    break
                after = read[-1]["id"]

    return PersonalRows(table=described.table, types={"customer_id": "string", **described.types}, rows=rows())


def _read(customer_id: str, given: PersonalRows) -> list[Mapping[str, Any]]:
    """Read whole, so that between two parts the thread is in nobody's schema; nothing where there is none."""
    try:
        with customer_schema(customer_id):
            return list(given.rows)
    except CustomerGone:
        return []
