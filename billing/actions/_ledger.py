"""The books: every document and movement of money is one entry, once, whose postings sum to zero."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from billing.models import Account, JournalEntry, Posting

Amounts = Iterable[tuple[Account, str | None, Decimal]]


def post(*, kind: str, document: tuple[str, str], amounts: Amounts, on: date, now: datetime) -> None:
    """Book one event of `document` (its type and id) in the caller's transaction; debits above zero, credits below.

    `amounts` are account, customer and EUR; those of zero are left out. Raises IntegrityError when the event is booked
    already or, at the end of the transaction, when the amounts do not sum to zero.
    """
    entry = JournalEntry.objects.create(
        kind=kind, document_type=document[0], document_id=document[1], booked_on=on, recorded_at=now
    )
    Posting.objects.bulk_create(
        Posting(entry=entry, account=account, customer_id=customer_id, amount=amount)
        for account, customer_id, amount in amounts
        if amount
    )
