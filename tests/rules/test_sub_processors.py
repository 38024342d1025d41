"""Thirty days between being told of a sub-processor and its first day."""

from __future__ import annotations

from datetime import date

import pytest

from privacy.rules.sub_processors import Standing, earliest_start, last_day_of_use, standing_on

FROM, UNTIL = date(2026, 12, 23), date(2027, 2, 1)


def test_it_begins_30_days_after_customers_are_told_and_at_any_time_where_there_are_none() -> None:
    assert earliest_start(date(2026, 11, 23), customers=1) == date(2026, 12, 23)
    assert earliest_start(date(2028, 2, 15), customers=9) == date(2028, 3, 16)  # over a leap day
    assert earliest_start(date(2026, 11, 23), customers=0) == date.min


@pytest.mark.parametrize(
    ("day", "ends_on", "standing"),
    [
        (date(2026, 12, 22), None, Standing.ANNOUNCED),
        (FROM, None, Standing.IN_USE),
        (date(2027, 1, 31), UNTIL, Standing.IN_USE),
        (UNTIL, UNTIL, Standing.ENDED),
        (date(2026, 12, 22), UNTIL, Standing.ANNOUNCED),
        (date(2026, 12, 1), FROM, Standing.NEVER_USED),
        (UNTIL, FROM, Standing.NEVER_USED),
        (FROM, date(2026, 12, 24), Standing.IN_USE),
    ],
)
def test_what_it_is_on_a_day(day: date, ends_on: date | None, standing: Standing) -> None:
    assert standing_on(day, starts_on=FROM, ends_on=ends_on) is standing


def test_what_is_given_up_before_it_began_ends_on_the_day_it_would_have_begun() -> None:
    assert last_day_of_use(asked=date(2026, 12, 1), starts_on=FROM) == FROM
    assert last_day_of_use(asked=UNTIL, starts_on=FROM) == UNTIL
