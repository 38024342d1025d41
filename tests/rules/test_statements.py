"""A statement of account adds up, whatever the days asked for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.rules.statements import Movement, statement

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def moved(on: date, amount: str, reference: str = "A") -> Movement:
    return Movement(on=on, kind="invoice", reference=reference, amount=Decimal(amount))


def test_what_moved_before_is_the_opening_and_what_moves_after_is_left_out() -> None:
    movements = [
        moved(LAST + timedelta(days=1), "7.00"),
        moved(LAST, "-50.00", "payment"),
        moved(FIRST, "-20.00", "credit"),
        moved(FIRST, "100.00", "B"),
        moved(FIRST, "100.00", "A"),
        moved(FIRST - timedelta(days=1), "30.00"),
    ]
    found = statement(movements, FIRST, LAST)
    assert (found.opening, found.closing) == (Decimal("30.00"), Decimal("160.00"))
    told = [(entry.movement.reference, entry.balance) for entry in found.entries]
    assert told == [
        ("A", Decimal("130.00")),
        ("B", Decimal("230.00")),
        ("credit", Decimal("210.00")),
        ("payment", Decimal("160.00")),
    ]


def test_an_account_that_nothing_moved_is_at_zero() -> None:
    found = statement([], FIRST, LAST)
    assert (found.opening, found.entries, found.closing) == (Decimal("0.00"), (), Decimal("0.00"))
    assert (found.first_on, found.last_on) == (FIRST, LAST)


@given(st.lists(st.tuples(st.integers(-60, 60), st.integers(-9999, 9999))), st.integers(-60, 60), st.integers(0, 60))
def test_one_statement_begins_where_the_one_before_ended(moves: list[tuple[int, int]], start: int, length: int) -> None:
    movements = [moved(FIRST + timedelta(days=days), str(Decimal(cents) / 100)) for days, cents in moves]
    middle = FIRST + timedelta(days=start)
    earlier = statement(movements, FIRST - timedelta(days=90), middle)
    later = statement(movements, middle + timedelta(days=1), middle + timedelta(days=1 + length))
    assert later.opening == earlier.closing
    assert later.closing == later.opening + sum(entry.movement.amount for entry in later.entries)
