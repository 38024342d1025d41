"""Additional services: which months of an order are charged, and on which month's invoice (B8)."""

from __future__ import annotations

from datetime import date

from billing.rules.periods import first_of_month, months_after

LARGEST_QUANTITY = 1_000


def invoiced_in(ordered_on: date) -> date:
    """The first day of the month whose invoice carries what is charged on `ordered_on`: the next one."""
    return months_after(first_of_month(ordered_on), 1)


def ends_with(asked_on: date) -> date:
    """The first day that is not charged any more when a monthly service is ended on `asked_on`: months are whole."""
    return months_after(first_of_month(asked_on), 1)


def months_to_charge(starts_on: date, ends_on: date | None, today: date, *, charged: date | None = None) -> list[date]:
    """The first days of the months begun by `today` that are to be charged for a monthly order, the earliest first.

    `starts_on` is the first of the month of the order, which is charged whole; `ends_on` is the first day that is not
    charged. `charged` is the last month charged: none before it is owed any more, for charges are erased with their
    years (D4).
    """
    months = []
    month = starts_on
    while month <= today and (ends_on is None or month < ends_on):
        months.append(month)
        month = months_after(starts_on, len(months))
    return [month for month in months if charged is None or month > charged]
