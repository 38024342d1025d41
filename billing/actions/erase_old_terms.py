"""Erases terms, orders, cards and answers of years whose ten years are over, where no document needs them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from billing.actions._old_books import erase_by_customer
from billing.queries.old_books import customers_with_old_terms


def erase_old_terms(*, before: datetime, limit: int, spared: Collection[str]) -> int:
    """Erase what was over before and belongs to no document, customer by customer, until `limit` rows went (clause D4);
    how many.

    Each customer is one transaction. What documents need went with them, or is kept as they are.
    """
    customers = customers_with_old_terms(before=before)
    return erase_by_customer("billing_erase_terms", customers, before=before, limit=limit, spared=spared)
