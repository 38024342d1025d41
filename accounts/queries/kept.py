"""What is kept of customers and people, for who says how long."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet

from accounts.models import ApiToken, Membership, Notice, Person
from kernel.clock import legal_date


def is_person(person_id: str) -> bool:
    """Whether somebody has this id, active or not."""
    return person_id.isdecimal() and Person.objects.filter(pk=int(person_id)).exists()


def notice_on(customer_id: str | None, notice_id: str) -> tuple[date, str] | None:
    """The legal day and the customer of a notice of the customer, of any for None; None where there is no such."""
    return _day(Notice.objects.all(), customer_id, notice_id, "at")


def token_on(customer_id: str | None, token_id: str) -> tuple[date, str] | None:
    """The legal day on which an API token was made, and its customer, as above."""
    return _day(ApiToken.objects.all(), customer_id, token_id, "created_at")


def person_of_member(customer_id: str | None, membership_id: str) -> str | None:
    """The id of the person behind a membership of the customer, of any for None; None where there is no such."""
    row = _of(Membership.objects.all(), customer_id).filter(pk=membership_id).first()
    return str(row.person_id) if row else None


def _of(rows: QuerySet[Any], customer_id: str | None) -> QuerySet[Any]:
    return rows if customer_id is None else rows.filter(customer_id=customer_id)


def _day(rows: QuerySet[Any], customer_id: str | None, pk: str, field: str) -> tuple[date, str] | None:
    found = _of(rows, customer_id).filter(pk=pk).values_list(field, "customer_id").first()
    return (legal_date(found[0]), found[1] or "") if found else None
