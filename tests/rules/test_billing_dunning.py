from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.rules.dunning import (
    Demand,
    Standing,
    Step,
    counting_term,
    cure_until,
    first_late_day,
    is_cured,
    place_among_late,
    standing,
    steps_due,
    steps_undone,
)
from billing.rules.interest import Settlement

DUE = date(2026, 11, 30)
GROSS = Decimal("121.00")
OPEN = Demand(gross=GROSS, due_on=DUE)
NOTICED = date(2026, 12, 11)
CURE_UNTIL = date(2027, 1, 10)
OVERDUE = {Step.OVERDUE: date(2026, 12, 1)}
WARNED = OVERDUE | {Step.BREACH_NOTICED: NOTICED}


def paid(on: date, amount: str = "121.00", *, by_credit: bool = False) -> Demand:
    return replace(OPEN, settlements=(Settlement(amount=Decimal(amount), value_on=on, by_credit=by_credit),))


@pytest.mark.parametrize(
    ("demand", "noticed_on", "today", "expected"),
    [
        (OPEN, None, date(2026, 11, 24), Standing.OPEN),
        (OPEN, None, date(2026, 11, 25), Standing.DUE_SOON),
        (OPEN, None, date(2026, 11, 29), Standing.DUE_SOON),
        (OPEN, None, DUE, Standing.DUE),
        (OPEN, None, date(2026, 12, 1), Standing.OVERDUE),
        (OPEN, NOTICED, NOTICED, Standing.BREACH_NOTICED),
        (OPEN, NOTICED, CURE_UNTIL, Standing.BREACH_NOTICED),
        (OPEN, NOTICED, date(2027, 1, 11), Standing.NOT_CURED),
        (paid(DUE), None, date(2026, 12, 1), Standing.PAID),
        (paid(date(2026, 12, 1)), None, date(2026, 12, 2), Standing.PAID_LATE),
        (paid(CURE_UNTIL), NOTICED, date(2027, 2, 1), Standing.CURED),
        (paid(date(2027, 1, 11)), NOTICED, date(2027, 2, 1), Standing.PAID_LATE),
        (paid(date(2026, 12, 20), by_credit=True), None, date(2027, 2, 1), Standing.PAID),
        (paid(date(2026, 12, 20), "120.99"), None, date(2027, 2, 1), Standing.OVERDUE),
    ],
)
def test_how_an_invoice_stands(demand: Demand, noticed_on: date | None, today: date, expected: Standing) -> None:
    assert standing(demand, noticed_on, today) == expected


@pytest.mark.parametrize(
    ("demand", "today", "late"),
    [
        (OPEN, DUE, False),
        (OPEN, date(2026, 12, 1), True),
        (paid(DUE), date(2026, 12, 1), False),
        (paid(date(2026, 12, 1)), date(2026, 12, 5), True),
        (paid(DUE, "120.99"), date(2026, 12, 1), True),  # a cent short
        (paid(date(2027, 1, 5), by_credit=True), date(2027, 2, 1), False),  # the demand was taken back
    ],
)
def test_late_is_what_is_not_wholly_paid_by_the_due_date(demand: Demand, today: date, late: bool) -> None:
    assert demand.is_late(today) is late
    assert first_late_day(demand, today) == (date(2026, 12, 1) if late else None)


def test_a_breach_is_cured_until_30_days_after_the_notice() -> None:
    assert cure_until(NOTICED) == CURE_UNTIL
    assert is_cured(paid(CURE_UNTIL), NOTICED)
    assert not is_cured(paid(date(2027, 1, 11)), NOTICED)
    assert not is_cured(OPEN, NOTICED)
    assert not is_cured(paid(CURE_UNTIL, "120.99"), NOTICED)


@pytest.mark.parametrize(
    ("demand", "taken", "today", "expected"),
    [
        (OPEN, {}, date(2026, 11, 24), []),
        (OPEN, {}, date(2026, 11, 25), [Step.DUE_SOON]),
        (OPEN, {}, DUE, [Step.DUE_SOON]),
        (OPEN, {Step.DUE_SOON: date(2026, 11, 25)}, DUE, []),
        (paid(date(2026, 11, 20)), {}, date(2026, 11, 26), []),
        (OPEN, {}, date(2026, 12, 1), [Step.OVERDUE]),
        (OPEN, {}, date(2027, 3, 1), [Step.OVERDUE]),  # weeks late: one step at a time, none antedated
        (OPEN, OVERDUE, date(2026, 12, 10), []),
        (OPEN, OVERDUE, date(2026, 12, 11), [Step.BREACH_NOTICED]),
        (OPEN, {Step.OVERDUE: date(2027, 3, 1)}, date(2027, 3, 10), []),
        (OPEN, WARNED, CURE_UNTIL, []),
        (OPEN, WARNED, date(2027, 1, 11), [Step.CURE_MISSED]),
        (OPEN, WARNED | {Step.CURE_MISSED: date(2027, 1, 11)}, date(2027, 1, 12), []),
        (paid(CURE_UNTIL), WARNED, date(2027, 1, 12), [Step.CURED]),
        (paid(date(2027, 1, 11)), WARNED, date(2027, 1, 12), [Step.CURE_MISSED]),
        (paid(date(2026, 12, 12)), OVERDUE, date(2026, 12, 13), []),
        (replace(OPEN, can_breach=False), OVERDUE, date(2027, 3, 1), []),
        (replace(OPEN, can_breach=False), {}, date(2027, 3, 1), [Step.OVERDUE]),
    ],
)
def test_each_step_is_due_on_its_day(
    demand: Demand, taken: dict[Step, date], today: date, expected: list[Step]
) -> None:
    assert steps_due(demand, taken, today) == expected


@pytest.mark.parametrize(("count", "expected"), [(0, []), (2, []), (3, [Step.THIRD_LATE]), (4, [Step.THIRD_LATE])])
def test_from_the_third_late_payment_of_a_term_on_the_breach_need_not_be_cured(
    count: int, expected: list[Step]
) -> None:
    late = paid(date(2026, 12, 3))
    assert steps_due(late, {}, date(2026, 12, 4), late_count=count) == expected
    assert steps_due(paid(DUE), {}, date(2026, 12, 4), late_count=count) == []
    assert steps_due(replace(late, can_breach=False), {}, date(2026, 12, 4), late_count=count) == []
    undone = steps_undone(late, {Step.THIRD_LATE: date(2026, 12, 4)}, date(2026, 12, 5), late_count=count)
    assert undone == ([] if expected else [Step.THIRD_LATE])


ALL = WARNED | {Step.DUE_SOON: date(2026, 11, 25), Step.CURE_MISSED: date(2027, 1, 11)}


@pytest.mark.parametrize(
    ("demand", "taken", "expected"),
    [
        (OPEN, ALL, []),
        (paid(date(2026, 12, 20)), WARNED, []),
        (paid(DUE), ALL, [Step.OVERDUE, Step.BREACH_NOTICED, Step.CURE_MISSED]),
        (paid(CURE_UNTIL), ALL, [Step.CURE_MISSED]),
        (paid(date(2027, 1, 11)), ALL, []),
        (paid(CURE_UNTIL), WARNED | {Step.CURED: CURE_UNTIL}, []),
        (OPEN, WARNED | {Step.CURED: CURE_UNTIL}, [Step.CURED]),  # the payment was returned
        (paid(DUE), {Step.CURED: CURE_UNTIL}, [Step.CURED]),
    ],
)
def test_what_was_taken_for_late_and_was_not_is_undone(
    demand: Demand, taken: dict[Step, date], expected: list[Step]
) -> None:
    assert steps_undone(demand, taken, date(2027, 2, 1)) == expected


def test_a_clock_that_jumps_back_undoes_nothing() -> None:
    taken = {Step.OVERDUE: date(2026, 12, 1)}
    assert steps_undone(OPEN, taken, date(2026, 11, 20)) == []
    assert steps_undone(paid(DUE), taken, date(2026, 11, 30)) == []
    assert steps_undone(paid(DUE), taken, date(2026, 12, 1)) == [Step.OVERDUE]


def test_late_payments_are_counted_in_the_contract_year() -> None:
    zone = ZoneInfo("Europe/Vilnius")
    term = counting_term(date(2026, 3, 1), datetime(2027, 2, 28, 21, 59, tzinfo=UTC), zone)
    assert (term.starts_at, term.ends_at) == (
        datetime(2026, 2, 28, 22, tzinfo=UTC),
        datetime(2027, 2, 28, 22, tzinfo=UTC),
    )
    days = [date(2026, 4, 1), date(2026, 6, 1), date(2026, 6, 1), date(2026, 9, 1)]
    assert [place_among_late(days, day) for day in days] == [1, 3, 3, 4]
