"""Names, invitations and allowances: what is still in bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.allowances import allowance, window_number
from accounts.rules.invitations import DAILY_LIMIT, expires_at, left_today
from accounts.rules.names import is_plain_name

moments = st.integers(1_700_000_000_000, 1_900_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))


@pytest.mark.parametrize(
    "name", ["UAB Pavyzdys", "Žemė ir Ko", "Anna-Liis O’Neill", "A.B. Transport", "3M", "株式会社"]
)
def test_ordinary_names_are_taken(name: str) -> None:
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "Pay at https://evil.example", "WWW.evil", "see evil.com/now", "two\nlines", "a\x00b", "a\u202eb"],
)
def test_names_that_could_lure_or_break_a_mail_are_not(name: str) -> None:
    assert not is_plain_name(name)


def test_the_daily_limit_of_invitations_is_exact() -> None:
    assert left_today(DAILY_LIMIT - 1) == 1
    assert left_today(DAILY_LIMIT) == left_today(DAILY_LIMIT + 1) == 0


def test_an_invitation_holds_for_seven_days() -> None:
    made = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert expires_at(made) == made + timedelta(days=7)


@given(moments, st.integers(1, 10_000), st.integers(1, 20_000))
def test_an_allowance_is_exceeded_by_the_first_request_too_many(now: datetime, limit: int, used: int) -> None:
    left = allowance(limit=limit, used=used, now=now)
    assert left.exceeded == (used > limit)
    assert left.remaining == max(0, limit - used)
    assert 1 <= left.reset_seconds <= 60
    assert window_number(now + timedelta(seconds=left.reset_seconds)) == window_number(now) + 1
