"""Which clock runs for the account of somebody who belongs to no customer (D3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.rules.people import Leaving, forgotten_address, is_forgotten, leaving


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


LEFT, UNFINISHED = Leaving.LEFT, Leaving.UNFINISHED


@pytest.mark.parametrize(
    ("left", "asked", "kept", "seen", "applied", "expected"),
    [
        (None, None, None, 3, False, (UNFINISHED, 3)),  # a sign-up that led to nothing
        (None, None, None, 3, True, (UNFINISHED, 3)),
        (None, None, 5, 3, False, (UNFINISHED, 5)),
        (4, None, None, 6, False, (LEFT, 4)),  # a later sign-in changes nothing
        (4, None, None, 6, True, (UNFINISHED, 6)),  # has applied for a customer
        (4, None, None, 3, True, (UNFINISHED, 4)),
        (4, None, 4, 3, False, (UNFINISHED, 4)),  # kept in the same moment, or later
        (4, None, 5, 3, False, (UNFINISHED, 5)),
        (4, None, 3, 2, False, (LEFT, 4)),  # kept before they were a member again
        (None, 4, None, 6, False, (LEFT, 4)),
        (None, 4, None, 6, True, (LEFT, 4)),  # who asked for it, whatever else is under way
        (4, 4, None, 6, True, (LEFT, 4)),
        (5, 4, None, 6, False, (LEFT, 5)),  # asked, and were a member again
        (5, 4, None, 6, True, (UNFINISHED, 6)),
    ],
)
def test_the_clock_of_who_belongs_to_no_customer(left, asked, kept, seen, applied, expected):
    found = leaving(
        left_at=day(left) if left else None,
        asked_at=day(asked) if asked else None,
        kept_at=day(kept) if kept else None,
        seen_at=day(seen),
        has_applied=applied,
    )
    assert found == (expected[0], day(expected[1]))


def test_an_address_of_nobody_is_one_for_each_account():
    assert forgotten_address(7) == "7@forgotten.invalid"
    assert is_forgotten(forgotten_address(7))
    assert not is_forgotten("7@forgotten.example")
