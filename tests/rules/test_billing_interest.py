import itertools
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.interest import (
    Segment,
    Settlement,
    interest,
    interest_billable_until,
    segments,
    settled_on,
    unpaid,
)

DUE = date(2026, 11, 30)
FIRST_LATE = date(2026, 12, 1)
GROSS = Decimal("1210.00")


def paid(amount: str, on: date) -> Settlement:
    return Settlement(amount=Decimal(amount), value_on=on)


def segment(principal: str, starts_on: date, ends_on: date) -> Segment:
    return Segment(principal=Decimal(principal), starts_on=starts_on, ends_on=ends_on)


def owed(settlements: list[Settlement], ends_on: date) -> Decimal:
    return interest(segments(GROSS, settlements, FIRST_LATE, ends_on))


@pytest.mark.parametrize(
    ("value_on", "cost"),
    [
        (date(2026, 11, 29), "0.00"),
        (date(2026, 11, 30), "0.00"),  # on the due date
        (date(2026, 12, 1), "0.24"),  # 0.242
        (date(2026, 12, 2), "0.48"),  # 0.484
        (date(2026, 12, 3), "0.73"),  # 0.726
        (date(2026, 12, 30), "7.26"),  # 30 days
        (date(2027, 11, 30), "88.33"),  # a year: 7.3 %
    ],
)
def test_interest_runs_from_the_day_after_the_due_date_to_the_value_date(value_on: date, cost: str) -> None:
    settlements = [paid("1210.00", value_on)]
    until = interest_billable_until(DUE, settled_on(GROSS, settlements), date(2028, 1, 1))
    assert owed(settlements, until) == Decimal(cost)


def test_a_payment_in_part_leaves_interest_on_the_rest_and_the_note_shows_the_arithmetic() -> None:
    settlements = [paid("210.00", date(2026, 11, 15)), paid("400.00", date(2026, 12, 10))]
    parts = segments(GROSS, settlements, FIRST_LATE, date(2027, 1, 1))
    assert parts == (
        segment("1000.00", date(2026, 12, 1), date(2026, 12, 11)),
        segment("600.00", date(2026, 12, 11), date(2027, 1, 1)),
    )
    assert [(part.days, part.last_on) for part in parts] == [(10, date(2026, 12, 10)), (21, date(2026, 12, 31))]
    assert interest(parts) == Decimal("4.52")  # 1000 x 0.0002 x 10 + 600 x 0.0002 x 21


def test_a_payment_that_was_returned_counts_as_never_made() -> None:
    settlements = [paid("1210.00", date(2026, 12, 5)), paid("-1210.00", date(2026, 12, 5))]
    parts = segments(GROSS, settlements, FIRST_LATE, date(2027, 1, 1))
    assert parts == (segment("1210.00", FIRST_LATE, date(2027, 1, 1)),)
    assert settled_on(GROSS, settlements) is None


def test_it_is_rounded_once_for_the_line_half_up() -> None:
    assert interest([segment("25.00", date(2026, 12, 1), date(2026, 12, 2))]) == Decimal("0.01")  # 0.005
    assert interest([segment("24.99", date(2026, 12, 1), date(2026, 12, 2))]) == Decimal("0.00")
    days = [segment("12.50", date(2026, 12, day), date(2026, 12, day + 1)) for day in (1, 2)]
    assert interest(days) == Decimal("0.01")  # twice 0.0025
    assert interest([]) == Decimal("0.00")


def test_the_last_cent_bears_interest_too() -> None:
    found = segments(GROSS, [paid("1209.99", DUE)], FIRST_LATE, date(2026, 12, 11))
    assert found == (segment("0.01", FIRST_LATE, date(2026, 12, 11)),)


def test_a_settlement_is_a_payment_unless_it_is_said_to_be_a_credit() -> None:
    assert not paid("1.00", DUE).by_credit


def test_nothing_is_owed_for_days_on_which_nothing_is_unpaid() -> None:
    assert segments(GROSS, [paid("1210.00", DUE)], FIRST_LATE, date(2027, 1, 1)) == ()
    assert segments(GROSS, [], FIRST_LATE, FIRST_LATE) == ()
    assert segments(GROSS, [paid("1300.00", date(2026, 12, 3))], FIRST_LATE, date(2027, 1, 1)) == (
        segment("1210.00", FIRST_LATE, date(2026, 12, 4)),
    )


@pytest.mark.parametrize(
    ("settlements", "day"),
    [
        ([], None),
        ([paid("1209.99", DUE)], None),
        ([paid("1210.00", DUE)], DUE),
        ([paid("1210.01", DUE)], DUE),
        ([paid("10.00", date(2026, 12, 9)), paid("1200.00", date(2026, 12, 2))], date(2026, 12, 9)),
        ([paid("10.00", date(2026, 12, 9)), paid("1200.00", date(2026, 12, 8))], date(2026, 12, 9)),
    ],
)
def test_it_is_settled_on_the_value_date_of_what_paid_the_rest(settlements: list[Settlement], day: date | None) -> None:
    assert settled_on(GROSS, settlements) == day


@pytest.mark.parametrize(
    ("settled", "today", "until"),
    [
        (None, date(2026, 12, 1), date(2026, 12, 1)),
        (None, date(2027, 1, 3), date(2026, 12, 1)),
        (None, date(2027, 1, 4), date(2027, 1, 1)),
        (None, date(2027, 3, 3), date(2027, 2, 1)),
        (None, date(2027, 3, 4), date(2027, 3, 1)),
        (DUE, date(2026, 12, 1), date(2026, 12, 1)),
        (date(2026, 11, 2), date(2026, 12, 1), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 2)),
        (date(2026, 12, 20), date(2026, 12, 21), date(2026, 12, 21)),
    ],
)
def test_interest_is_billed_at_months_end_and_when_the_principal_is_settled(
    settled: date | None, today: date, until: date
) -> None:
    assert interest_billable_until(DUE, settled, today) == until


SETTLEMENTS = st.lists(
    st.builds(
        Settlement,
        amount=st.decimals("0.01", 600, places=2),
        value_on=st.integers(-40, 130).map(lambda days: DUE + timedelta(days=days)),
    ),
    max_size=6,
)


@given(SETTLEMENTS, st.integers(0, 90), st.integers(0, 90))
def test_the_segments_are_what_counting_day_by_day_finds(
    settlements: list[Settlement], first: int, length: int
) -> None:
    start = FIRST_LATE + timedelta(days=first)
    days = [start + timedelta(days=n) for n in range(length)]
    principals = {}
    for day in days:
        principal = GROSS
        for each in settlements:
            if each.value_on < day:
                principal -= each.amount
        principals[day] = max(principal, Decimal(0))

    parts = segments(GROSS, settlements, start, start + timedelta(days=length))

    exact = sum((principal * 2 / 10_000 for principal in principals.values()), Decimal(0))
    assert interest(parts) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    counted = {part.starts_on + timedelta(days=n): part.principal for part in parts for n in range(part.days)}
    assert counted == {day: principal for day, principal in principals.items() if principal}
    assert all(a.ends_on < b.starts_on or a.principal != b.principal for a, b in itertools.pairwise(parts))
    assert all(unpaid(GROSS, settlements, part.last_on) == part.principal for part in parts)
