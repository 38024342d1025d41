"""Erases the books of years whose ten years are over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from billing.actions._old_books import erase_by_customer
from billing.queries.old_books import customers_with_old_books


def erase_books(*, before: datetime, limit: int, spared: Collection[str]) -> int:
    """Erase what happened before, customer by customer, until `limit` documents and months went (clause D4); how many.

    Each customer is one transaction, so that no invoice is ever without its lines or entries. The database's function
    knows the ten years itself and lets nothing younger go. What a living customer still owes or is owed stays.
    """
    customers = customers_with_old_books(before=before)
    return erase_by_customer("billing_erase_books", customers, before=before, limit=limit, spared=spared)
