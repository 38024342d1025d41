"""A grant opens for who asked, from its approval until its end, and for nobody and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.rules.grants import (
    LONGEST,
    OFFER_HOLDS,
    REQUEST_HOLDS,
    GrantState,
    GrantTerms,
    Use,
    covers,
    end_of,
    is_over,
    is_silent,
    judge_use,
    may_decide,
)

START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=2)
MOMENT = timedelta(microseconds=1)
SAM, TESS = 1, 2
GRANTED = GrantTerms(GrantState.GRANTED, SAM, START, START, START, END)


@pytest.mark.parametrize(
    ("now", "use"),
    [
        (START - MOMENT, Use.OVER),
        (START, Use.OPEN),
        (END - MOMENT, Use.OPEN),
        (END, Use.OVER),
        (END + MOMENT, Use.OVER),
    ],
)
def test_a_grant_opens_from_its_approval_until_just_before_its_end(now: datetime, use: Use) -> None:
    assert judge_use(GRANTED, person_id=SAM, now=now) is use


@pytest.mark.parametrize(
    ("state", "use"),
    [
        (GrantState.OFFERED, Use.NOT_GRANTED),
        (GrantState.REQUESTED, Use.NOT_GRANTED),
        (GrantState.REFUSED, Use.NOT_GRANTED),
        (GrantState.GRANTED, Use.OPEN),
        (GrantState.REVOKED, Use.OVER),
        (GrantState.ENDED, Use.OVER),
    ],
)
def test_only_what_is_granted_opens(state: GrantState, use: Use) -> None:
    assert judge_use(replace(GRANTED, state=state), person_id=SAM, now=START) is use


def test_only_who_asked_looks_and_only_somebody_else_decides() -> None:
    assert judge_use(GRANTED, person_id=TESS, now=START) is Use.ANOTHERS
    assert not may_decide(GRANTED, person_id=SAM)
    assert may_decide(GRANTED, person_id=TESS)


@pytest.mark.parametrize(("hours", "longest"), [(1, timedelta(hours=1)), (4, LONGEST), (5, LONGEST), (100, LONGEST)])
def test_no_grant_is_longer_than_four_hours(hours: int, longest: timedelta) -> None:
    assert end_of(START, hours) - START == longest


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        (GrantState.OFFERED, OFFER_HOLDS),
        (GrantState.REQUESTED, REQUEST_HOLDS),
        (GrantState.GRANTED, END - START),
    ],
)
def test_what_nobody_takes_up_lapses(state: GrantState, holds: timedelta) -> None:
    terms = replace(GRANTED, state=state)
    assert not is_over(terms, now=START + holds - MOMENT)
    assert is_over(terms, now=START + holds)


def test_what_has_ended_stays_over() -> None:
    assert all(is_over(replace(GRANTED, state=each), now=START) for each in ("refused", "revoked", "ended"))


def test_a_grant_covers_the_documents_it_names() -> None:
    named = replace(GRANTED, seal_ids=frozenset({"seal_1", "seal_2"}))
    assert covers(named, ["seal_1"])
    assert not covers(named, ["seal_1", "seal_3"])
    assert covers(GRANTED, ["seal_3"])
    assert not covers(replace(GRANTED, seal_ids=frozenset()), ["seal_1"])


def test_silence_ends_at_its_moment() -> None:
    silent = replace(GRANTED, silent_until=END)
    assert is_silent(silent, now=END - MOMENT)
    assert not is_silent(silent, now=END)
    assert not is_silent(GRANTED, now=START)
