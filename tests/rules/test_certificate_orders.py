"""Which step of an order follows which, and when a customer is reminded that its certificate ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.rules.orders import Step, is_registration_number, may_follow, next_step, order_subject, shortest_validity
from trust.rules.reminders import REMINDER_DAYS, reminder_due

END = datetime(2027, 6, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


def test_steps_follow_one_another_and_only_a_finished_order_cannot_be_cancelled() -> None:
    way = [Step.ORDERED, Step.KEY_MADE, Step.CONFIRMED, Step.IMPORTED, Step.COMPLETED]
    assert [next_step(state) for state in way] == [*way[1:], None]
    for state in Step:
        follows = {step for step in Step if may_follow(state, step)}
        if state in {Step.COMPLETED, Step.CANCELLED}:
            assert follows == set()
        else:
            assert follows == {way[way.index(state) + 1], Step.CANCELLED}


@pytest.mark.parametrize("days", REMINDER_DAYS)
def test_a_reminder_is_due_from_its_moment_until_the_next(days: int) -> None:
    moment = END - timedelta(days=days)
    earlier = {one for one in REMINDER_DAYS if one > days}
    assert reminder_due(END, sent=earlier, now=moment - TICK) is None
    assert reminder_due(END, sent=earlier, now=moment) == days
    assert reminder_due(END, sent=earlier | {days}, now=moment) is None
    assert reminder_due(END, sent=set(), now=moment) == days, "who is late sends only the most urgent one"


def test_there_is_no_reminder_after_the_end() -> None:
    assert reminder_due(END, sent=set(), now=END) == 1
    assert reminder_due(END, sent=set(), now=END + TICK) is None


@given(st.lists(st.integers(min_value=0, max_value=24 * 100), max_size=30))
def test_however_often_and_late_it_runs_each_is_sent_once_and_ever_more_urgent(hours: list[int]) -> None:
    sent: list[int] = []
    for hour in sorted(hours, reverse=True):
        now = END - timedelta(hours=hour)
        due = reminder_due(END, sent=sent, now=now)
        if due is not None:
            assert now >= END - timedelta(days=due)
            sent.append(due)
        reached = [days for days in REMINDER_DAYS if now >= END - timedelta(days=days)]
        assert (sent[-1] if sent else None) == (reached[-1] if reached else None)
    assert all(one > after for one, after in pairwise(sent))


def test_the_certificate_names_the_entry_in_the_trade_register() -> None:
    subject = order_subject(legal_name="Ž" * 70, country="LT", registration_number="302345678", seal_name="Acme")
    assert (subject.organization_identifier, subject.organization, subject.common_name) == (
        "NTRLT-302345678",
        "Ž" * 64,
        "Acme",
    )
    for number, right in (("302345678", True), ("HRB 1234", True), ("12", False), ("a,b=c", False), ("", False)):
        assert is_registration_number(number) is right


def test_a_month_less_than_ordered_is_still_what_was_ordered() -> None:
    assert shortest_validity(2, now=END) == END + 730 * DAY - 31 * DAY
