"""A restriction ends a week after whoever has it was told, and never before."""

from datetime import date

import pytest

from privacy.rules.restrictions import ends_on, is_over


def test_a_week_lies_between_the_letter_and_the_end() -> None:
    assert ends_on(date(2026, 3, 25)) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("ends", "over"), [(None, False), (date(2026, 4, 1), True), (date(2026, 3, 31), True), (date(2026, 4, 2), False)]
)
def test_it_is_over_on_its_day_and_never_while_nobody_was_told(ends: date | None, over: bool) -> None:
    assert is_over(ends, today=date(2026, 4, 1)) is over
