"""When a card company is asked again, and what follows when a saved card is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rules import card_payments as rule
from billing.rules.card_payments import Used, after_refusal, ask_again_every, key_usable, page_usable, taken_back

BEGUN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_constants_are_as_documented() -> None:
    assert rule.OPEN_STATES == ("created", "pending", "unsure")
    assert timedelta(minutes=120) == rule.PAGE_LASTS
    assert timedelta(hours=23) == rule.KEY_LASTS
    assert timedelta(seconds=300) == rule.MESSAGE_TOLERANCE
    assert rule.TRY_AGAIN_AFTER_DAYS == (3, 7)


@pytest.mark.parametrize(
    ("code", "attempt", "days", "confirm"),
    [
        ("insufficient_funds", 1, 3, False),
        ("insufficient_funds", 2, 7, False),
        ("insufficient_funds", 3, None, False),
        ("insufficient_funds", 4, None, False),
        ("", 1, 3, False),
        ("authentication_required", 1, None, True),
        ("authentication_not_handled", 2, None, True),
        *((code, 1, None, False) for code in sorted(rule.FINAL_REFUSALS)),
    ],
)
def test_a_refused_card_is_tried_again_only_where_that_may_help(
    code: str, attempt: int, days: int | None, confirm: bool
) -> None:
    then = after_refusal(code, attempt=attempt, refused_at=BEGUN)
    assert then.try_at == (None if days is None else BEGUN + timedelta(days=days))
    assert then.confirm is confirm


def test_cards_that_stay_refused_are_these() -> None:
    assert {"expired_card", "lost_card", "stolen_card", "do_not_try_again", "resource_missing"} < rule.FINAL_REFUSALS
    assert len(rule.FINAL_REFUSALS) == 15
    assert not rule.FINAL_REFUSALS & rule.AUTHENTICATION_NEEDED


def test_a_page_is_shown_while_it_leaves_ten_minutes() -> None:
    end = BEGUN + timedelta(minutes=110)
    assert page_usable(BEGUN, end - SECOND)
    assert not page_usable(BEGUN, end)


def test_a_key_is_good_for_23_hours() -> None:
    end = BEGUN + timedelta(hours=23)
    assert key_usable(BEGUN, end - SECOND)
    assert not key_usable(BEGUN, end)


def test_a_payment_is_asked_about_often_on_its_first_day() -> None:
    day = BEGUN + timedelta(hours=24)
    assert ask_again_every(BEGUN, day - SECOND) == timedelta(minutes=5)
    assert ask_again_every(BEGUN, day) == timedelta(minutes=60)


def used(key: int, amount: str) -> Used:
    return Used(key=key, amount=Decimal(amount))


@pytest.mark.parametrize(
    ("free", "amount", "undone"),
    [
        ("5.00", "5.00", []),
        ("5.00", "5.01", [(2, "2.99")]),
        ("0.00", "3.00", [(2, "0.00")]),
        ("0.00", "3.01", [(2, "0.00"), (1, "6.99")]),
        ("0.00", "10.00", [(2, "0.00"), (1, "0.00")]),
        ("0.00", "99.00", [(2, "0.00"), (1, "0.00")]),
    ],
)
def test_what_goes_back_comes_from_credit_first_and_then_from_the_newest_use(
    free: str, amount: str, undone: list[tuple[int, str]]
) -> None:
    uses = [used(1, "7.00"), used(2, "3.00")]
    found = taken_back(uses, free=Decimal(free), amount=Decimal(amount))
    assert [(use.key, again) for use, again in found] == [(key, Decimal(again)) for key, again in undone]


CENTS = st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100)


@settings(deadline=None)
@given(st.lists(CENTS, max_size=5), CENTS, CENTS)
def test_exactly_as_much_is_freed_as_is_missing(amounts: list[Decimal], free: Decimal, amount: Decimal) -> None:
    uses = [Used(key=place, amount=each) for place, each in enumerate(amounts)]
    freed = sum((use.amount - again for use, again in taken_back(uses, free=free, amount=amount)), Decimal(0))
    assert freed == min(max(amount - free, Decimal(0)), sum(amounts, Decimal(0)))
