"""Erasing of the books goes customer by customer, by functions of the database that know the ten years themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection, transaction


def erase_by_customer(
    function: str, customers: Iterable[str], *, before: datetime, limit: int, spared: Collection[str]
) -> int:
    """Have `function` erase what was before, of one customer after the other, until `limit` went; how many.

    Each customer is one transaction. Nothing of those `spared` goes.
    """
    gone = 0
    for customer_id in customers:
        if gone >= limit:
            break
        if customer_id not in spared:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT {function}(%s, %s)", [customer_id, before])
                gone += int(cursor.fetchone()[0])
    return gone
