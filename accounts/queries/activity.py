"""When a customer was last in use (clause C9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import Customer
from kernel.clock import legal_date


@dataclass(frozen=True, slots=True)
class Activity:
    """The last legal day on which a member came in or a program asked for something, or that of the opening."""

    customer_id: str
    last_on: date


def quiet_customers(before: date) -> Iterator[Activity]:
    """Customers that work normally and were last in use before that day. Whoever cannot come in is not among them."""
    rows = _working().exclude(last_active_on__gte=before).order_by("id")
    found = (_activity(row) for row in rows.iterator(chunk_size=1_000))
    return (each for each in found if each.last_on < before)


def activity_of(customer_id: str) -> Activity | None:
    """The same of one customer, as it stands now; None when it does not work normally."""
    row = _working().filter(id=customer_id).first()
    return _activity(row) if row is not None else None


def unseen(customer_id: str, on: date) -> QuerySet[Customer]:
    """The customer, if its last legal day is earlier than `on`: it is written once a day at most."""
    earlier = Q(last_active_on=None) | Q(last_active_on__lt=on)
    found: QuerySet[Customer] = Customer.objects.filter(earlier, id=customer_id)
    return found


def working_customers() -> int:
    """How many customers work normally."""
    return int(_working().count())


def _working() -> QuerySet[Customer]:
    working: QuerySet[Customer] = Customer.objects.filter(status=Customer.Status.ACTIVE)
    return working


def _activity(row: Customer) -> Activity:
    opened_on = legal_date(row.created_at)
    return Activity(row.id, max(opened_on, row.last_active_on or opened_on))
