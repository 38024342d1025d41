"""The receipt of an erasure: its link opens for thirty days; counts of several attempts add up (D3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from privacy.rules.receipts import LINK_DAYS, added_up, link_is_open

MADE = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
LAST = datetime(2026, 12, 28, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(("step", "is_open"), [(-1, True), (0, False), (1, False)])
def test_the_link_opens_for_thirty_days(step: int, is_open: bool) -> None:
    assert LINK_DAYS == 30
    assert link_is_open(MADE, LAST + timedelta(microseconds=step)) is is_open


def test_counts_add_up_and_keep_their_order() -> None:
    assert list(added_up({"b": 1, "a": 2}, {"a": 3}).items()) == [("b", 1), ("a", 5)]
    assert added_up({}, {"c": 4}) == {"c": 4}
    assert added_up({"c": 4}, {}) == {"c": 4}
