from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.rules.due_dates import due_on, late_at, late_on

VILNIUS = ZoneInfo("Europe/Vilnius")


@pytest.mark.parametrize(
    ("received_at", "due"),
    [
        (datetime(2026, 11, 1, 21, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 11, 1, 22, 0, tzinfo=UTC), date(2026, 12, 2)),  # 2 November in Vilnius
        (datetime(2026, 6, 30, 20, 59, tzinfo=UTC), date(2026, 7, 30)),
        (datetime(2026, 6, 30, 21, 0, tzinfo=UTC), date(2026, 7, 31)),  # summer time
        (datetime(2028, 1, 30, 12, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 11, 25, 12, 0, tzinfo=UTC), date(2026, 12, 25)),  # Christmas: not moved
        (datetime(2026, 11, 14, 12, 0, tzinfo=UTC), date(2026, 12, 14)),
        (datetime(2026, 12, 4, 12, 0, tzinfo=UTC), date(2027, 1, 3)),  # a Sunday: not moved
    ],
)
def test_an_invoice_is_due_30_calendar_days_after_the_legal_day_of_its_receipt(
    received_at: datetime, due: date
) -> None:
    assert due_on(received_at, VILNIUS) == due


def test_it_is_late_from_the_first_instant_of_the_next_legal_day() -> None:
    assert late_on(date(2026, 12, 31)) == date(2027, 1, 1)
    assert late_at(date(2026, 11, 30), VILNIUS) == datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
    assert late_at(date(2026, 6, 30), VILNIUS) == datetime(2026, 6, 30, 21, 0, tzinfo=UTC)
