"""Which figures of a month must be equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from billing.rules.reconciliation import MonthFigures, differences

AGREED = MonthFigures(
    delivered=620,
    counted=620,
    missing=0,
    surplus=0,
    carried_over=3,
    taken_over=5,
    corrections=-2,
    events=620,
    reading=620,
    overage_due=120,
    overage_invoiced=120,
)


def test_a_month_that_follows_from_its_deliveries_has_no_difference() -> None:
    assert differences(AGREED) == []
    assert differences(replace(AGREED, reading=None, overage_due=None, overage_invoiced=None)) == []
    assert differences(replace(AGREED, overage_invoiced=None)) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"missing": 1}, ["not_counted"]),
        ({"surplus": 1}, ["not_delivered"]),
        ({"counted": 621}, ["period_unexplained"]),
        ({"carried_over": 2}, ["period_unexplained"]),
        ({"taken_over": 6}, ["period_unexplained"]),
        ({"corrections": -3}, ["period_unexplained"]),
        ({"reading": 619}, ["reading_differs"]),
        ({"reading": 0}, ["reading_differs"]),
        ({"events": 621}, ["period_unexplained", "reading_differs"]),
        ({"overage_invoiced": 121}, ["line_differs"]),
        ({"overage_invoiced": 0}, ["line_differs"]),
    ],
)
def test_each_figure_that_does_not_follow_is_named(change: dict[str, int], found: list[str]) -> None:
    assert [each.value for each in differences(replace(AGREED, **change))] == found
