from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.forecast import straight_line
from billing.rules.periods import calendar_month
from kernel.cells import safe_cell

VILNIUS = ZoneInfo("Europe/Vilnius")
NOVEMBER = calendar_month(date(2026, 11, 1), VILNIUS)


@pytest.mark.parametrize(
    ("now", "used", "expected", "passed"),
    [
        ("2026-11-01T00:00", 10, 300, 1),
        ("2026-11-10T21:59:59", 100, 300, 10),
        ("2026-11-10T22:00:00", 100, 273, 11),  # midnight in Vilnius
        ("2026-11-30T21:59:59", 123, 123, 30),
        ("2026-12-05T12:00", 123, 123, 30),
        ("2026-10-01T12:00", 0, 0, 1),
        ("2026-11-04T12:00", 1, 8, 4),  # 7.5 rounds up
    ],
)
def test_the_forecast_draws_a_straight_line_through_the_days_passed(
    now: str, used: int, expected: int, passed: int
) -> None:
    forecast = straight_line(used, NOVEMBER, datetime.fromisoformat(now).replace(tzinfo=UTC), VILNIUS)

    assert (forecast.quantity, forecast.days_passed, forecast.days_in_period) == (expected, passed, 30)
    assert forecast.method == "straight_line"


@given(used=st.integers(-5, 100_000), hours=st.integers(0, 30 * 24 - 1), more=st.integers(0, 500))
def test_a_forecast_is_never_less_than_what_was_used_and_grows_with_it(used: int, hours: int, more: int) -> None:
    now = NOVEMBER.starts_at + timedelta(hours=hours)
    forecast = straight_line(used, NOVEMBER, now, VILNIUS).quantity

    assert forecast >= used
    assert straight_line(used + more, NOVEMBER, now, VILNIUS).quantity >= forecast


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("INV-2026/1", "INV-2026/1"),
        ("", ""),
        (None, ""),
        (-3, "-3"),
        (date(2026, 11, 1), "2026-11-01"),
    ],
)
def test_a_cell_never_starts_a_formula(value: object, cell: str) -> None:
    assert safe_cell(value) == cell
