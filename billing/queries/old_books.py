"""What of the books is due to go (clause D4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

# Of whom anything is old enough to be asked about; what hangs together with something younger is not due.
_CUSTOMERS = """
    SELECT customer_id FROM billing_invoice WHERE drafted_at < %(before)s
    UNION SELECT customer_id FROM billing_payment WHERE recorded_at < %(before)s AND customer_id IS NOT NULL
    UNION SELECT customer_id FROM billing_charge WHERE occurred_at < %(before)s
    UNION SELECT customer_id FROM billing_billingperiod WHERE ends_at < %(before)s
    UNION SELECT customer_id FROM billing_subscription WHERE ended_at < %(before)s
"""
# Of whom there is anything else that may be over.
_TERMS_OF = """
    SELECT customer_id FROM billing_subscription WHERE started_at < %(before)s
    UNION SELECT customer_id FROM billing_specialterms WHERE recorded_at < %(before)s
    UNION SELECT customer_id FROM billing_savedcard WHERE consented_at < %(before)s
    UNION SELECT customer_id FROM billing_vatevidence WHERE checked_at < %(before)s
    UNION SELECT customer_id FROM billing_addonorder WHERE ordered_at < %(before)s
    UNION SELECT customer_id FROM billing_addon WHERE published_at < %(before)s AND customer_id IS NOT NULL
    UNION SELECT customer_id FROM billing_pricechangenotice WHERE given_at < %(before)s
    UNION SELECT customer_id FROM billing_billingrun WHERE until < %(before)s
    UNION SELECT customer_id FROM billing_meterlevel WHERE recorded_at < %(before)s
"""
_UNASSIGNED = "customer_id IS NULL AND greatest(recorded_at, value_on::timestamptz) < %(before)s"
_OLDEST = """
    SELECT min(at) FROM (SELECT min(drafted_at) AS at FROM billing_invoice
        UNION ALL SELECT min(recorded_at) FROM billing_payment WHERE customer_id IS NOT NULL
        UNION ALL SELECT min(occurred_at) FROM billing_charge
        UNION ALL SELECT min(ends_at) FROM billing_billingperiod WHERE state = 'closed') each
"""


def customers_with_old_books(*, before: datetime) -> list[str]:
    """Customers, by id, of whom something in the books is older than that."""
    return [customer for (customer,) in _rows(f"{_CUSTOMERS} ORDER BY 1", {"before": before})]


def count_due(*, before: datetime) -> int:
    """Documents and months that are due: everything that hangs together with them is older than that, too."""
    statement = f"SELECT coalesce(sum(billing_books_due(customer_id, %(before)s)), 0) FROM ({_CUSTOMERS}) old"
    return int(_rows(statement, {"before": before})[0][0])


def customers_with_old_terms(*, before: datetime) -> list[str]:
    """Customers, by id, of whom there are terms, orders, cards or answers from before that moment."""
    return [customer for (customer,) in _rows(f"{_TERMS_OF} ORDER BY 1", {"before": before})]


def count_terms_due(*, before: datetime) -> int:
    """Rows that are over and belong to no document: terms, changes, orders, cards, answers about VAT numbers."""
    statement = f"SELECT coalesce(sum(billing_terms_due(customer_id, %(before)s)), 0) FROM ({_TERMS_OF}) old"
    return int(_rows(statement, {"before": before})[0][0])


def count_terms() -> int:
    """Terms of subscriptions that there are, of which there is the most."""
    return int(_rows("SELECT count(*) FROM billing_subscriptionterm", {})[0][0])


def oldest_terms() -> datetime | None:
    """When the oldest term of a subscription ended."""
    found: datetime | None = _rows("SELECT min(ends_at) FROM billing_subscriptionterm", {})[0][0]
    return found


def unassigned_before(*, before: datetime, limit: int | None = None) -> list[str]:
    """Payments, by id, of which nobody has said whose they are, the oldest first."""
    statement = f"SELECT id FROM billing_payment WHERE {_UNASSIGNED} ORDER BY recorded_at, id LIMIT %(limit)s"
    return [key for (key,) in _rows(statement, {"before": before, "limit": limit})]


def count_unassigned() -> int:
    """Payments in the queue."""
    return int(_rows("SELECT count(*) FROM billing_payment WHERE customer_id IS NULL", {})[0][0])


def oldest_unassigned() -> datetime | None:
    """When the oldest of them was recorded."""
    statement = "SELECT min(recorded_at) FROM billing_payment WHERE customer_id IS NULL"
    found: datetime | None = _rows(statement, {})[0][0]
    return found


def count_all() -> int:
    """Documents, charges, payments and months that there are."""
    tables = ("billing_invoice", "billing_payment", "billing_charge", "billing_billingperiod")
    return int(_rows("SELECT " + " + ".join(f"(SELECT count(*) FROM {name})" for name in tables), {})[0][0])


def oldest() -> datetime | None:
    """When the oldest of them happened."""
    found: datetime | None = _rows(_OLDEST, {})[0][0]
    return found


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall())
