"""Published figures from which one customer's presence cannot be derived (D13)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.rules.aggregates import (
    FINEST_STEP,
    month_after,
    month_before,
    months_to_publish,
    safe_band,
    safe_total,
    step_of,
)


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        ([99] * 9, None),  # nine customers
        ([99] * 10, 900),  # ten
        ([99] * 9 + [0], None),  # who has sealed nothing is not in the crowd
        ([99] * 9 + [-3], None),  # nor is who had more taken back than made
        ([1] * 10, 0),
        ([99] * 10 + [0], 900),
        ([50] * 10 + [100], None),  # one is as large as the figure's unit: 600 in hundreds
        ([50] * 10 + [99], 500),
        ([100] * 10, 1000),  # a thousand in thousands
        ([900] * 11, 9000),  # 9 900 in thousands
        ([999] * 11, 10_000),
        ([8000] + [100] * 10, None),
        ([1000] * 9, None),
        ([10_000] * 9 + [9_999], None),  # 99 999 in ten thousands
        ([9_999] * 11, 100_000),
    ],
)
def test_a_total_is_told_of_ten_customers_or_more_to_its_first_digit(counts: list[int], published: int | None) -> None:
    assert safe_total(counts) == published


@pytest.mark.parametrize(
    ("total", "step"), [(0, 100), (99, 100), (999, 100), (1000, 1000), (9999, 1000), (10_000, 10_000)]
)
def test_the_unit_is_that_of_the_first_digit_and_never_finer_than_a_hundred(total: int, step: int) -> None:
    assert step_of(total) == step


CROWDS = st.lists(st.integers(1, 50_000), min_size=10, max_size=60)


@given(CROWDS, st.data())
def test_the_same_figure_fits_a_world_with_and_without_any_one_of_them(counts: list[int], drawn: st.DataObject) -> None:
    """Who sees the figure alone cannot tell whether a customer is in it: totals with and without it round to it."""
    figure = safe_total(counts)
    if figure is None:
        return
    step = step_of(sum(counts))
    mine = drawn.draw(st.sampled_from(counts))
    assert mine < step
    with_me, without_me = figure + mine, figure  # both are totals that the figure stands for
    assert figure <= without_me <= with_me < figure + step
    assert figure % step == 0
    assert figure <= sum(counts) < figure + step


@given(CROWDS, st.integers(0, 9))
def test_a_figure_says_nothing_about_who_is_how_large(counts: list[int], moved: int) -> None:
    """Shifting seals from one customer to another, within what may be published, changes no figure."""
    figure = safe_total(counts)
    other = [counts[0] + min(moved, counts[1] - 1), counts[1] - min(moved, counts[1] - 1), *counts[2:]]
    if figure is not None and max(other) < step_of(sum(other)):
        assert safe_total(other) == figure
    assert safe_total(counts[::-1]) == figure


@pytest.mark.parametrize(
    ("requests", "customers", "band"),
    [
        (0, 10, (0, 9)),
        (1, 10, (0, 9)),
        (9, 10, (0, 9)),
        (10, 10, (10, 19)),
        (19, 10, (10, 19)),
        (0, 9, None),
        (25, 400, (20, 29)),
    ],
)
def test_requests_of_authorities_are_told_in_tens_and_none_is_told_like_nine(
    requests: int, customers: int, band: tuple[int, int] | None
) -> None:
    assert safe_band(requests, customers=customers) == band


@pytest.mark.parametrize(
    ("last", "today", "months"),
    [
        (None, date(2026, 12, 5), [date(2026, 10, 1)]),
        (None, date(2026, 12, 6), [date(2026, 11, 1)]),
        (date(2026, 11, 1), date(2026, 12, 31), []),
        (date(2026, 11, 1), date(2027, 1, 5), []),
        (date(2026, 11, 1), date(2027, 1, 6), [date(2026, 12, 1)]),
        (date(2026, 10, 1), date(2027, 2, 6), [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]),
    ],
)
def test_each_month_is_published_once_when_it_has_rested_five_days(
    last: date | None, today: date, months: list[date]
) -> None:
    assert months_to_publish(last, today) == months


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_months_follow_each_other(day: date) -> None:
    first = day.replace(day=1)
    assert month_before(month_after(first)) == month_after(month_before(first)) == first
    assert 28 <= (month_after(first) - first).days <= 31


def test_the_finest_step_is_a_hundred() -> None:
    assert FINEST_STEP == 100
