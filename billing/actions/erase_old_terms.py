"""Erases terms, orders, cards and answers of years whose ten years are over, where no document needs them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from billing.queries.old_books import customers_with_old_terms


def erase_old_terms(*, before: datetime, limit: int, spared: Collection[str]) -> int:
    """Erase what was over before and belongs to no document, customer by customer, until `limit` rows went (clause D4);
    how many.

    Each customer is one transaction. What documents need went with them, or is kept as they are.
    """
    gone = 0
    for customer_id in customers_with_old_terms(before=before):
        if gone >= limit:
            break
        if customer_id not in spared:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT billing_erase_terms(%s, %s)", [customer_id, before])
                gone += int(cursor.fetchone()[0])
    return gone
