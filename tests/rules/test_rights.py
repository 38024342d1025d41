"""Requests about personal data: the clock to the day, the steps, whose identity is enough, what comes of each class."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import legal_date
from privacy.catalogue import RULE
from privacy.rules.inventory import Role
from privacy.rules.rights import (
    CLOSED,
    LINKS_A_DAY,
    LONGEST_MESSAGE,
    MOVES,
    REQUESTS_PER_MINUTE,
    KeptBecause,
    Outcome,
    RefusalGround,
    RequestFacts,
    RequestKind,
    RequestState,
    Result,
    Shown,
    days_left,
    days_until,
    due_on,
    extended_due_on,
    followed_by_secret,
    identity_is_enough,
    is_for_customers,
    lapses,
    last_day,
    link_holds,
    may_extend,
    may_move,
    may_refuse,
    outcome_of,
    reminder_due,
    restricts,
    usual_result,
)

K, S = RequestKind, RequestState
DUE = date(2026, 3, 31)
FACTS = RequestFacts(K.ACCESS, S.IN_PROGRESS, DUE)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-01-01", "2026-01-31"),  # 30 days are fewer than a month of 31
        ("2026-04-10", "2026-05-10"),  # as many as a month of 30
        ("2026-01-31", "2026-02-28"),  # a month without its day ends with its last
        ("2026-01-29", "2026-02-28"),
        ("2026-01-28", "2026-02-27"),  # 30 days
        ("2028-01-31", "2028-02-29"),  # a leap year
        ("2028-01-30", "2028-02-29"),
        ("2026-02-01", "2026-03-01"),  # the month is shorter than 30 days
        ("2028-02-01", "2028-03-01"),
        ("2026-03-01", "2026-03-31"),  # across the clock change of 29 March
        ("2026-10-10", "2026-11-09"),  # and that of 25 October
        ("2026-12-15", "2027-01-14"),
    ],
)
def test_the_last_day_is_the_earlier_of_thirty_days_and_a_month(received: str, due: str) -> None:
    assert due_on(date.fromisoformat(received)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2026, 3, 28, 21, 59, tzinfo=UTC), date(2026, 4, 27)),  # 23:59 in Vilnius, winter time
        (datetime(2026, 3, 28, 22, 0, tzinfo=UTC), date(2026, 4, 28)),  # midnight
        (datetime(2026, 3, 29, 20, 59, tzinfo=UTC), date(2026, 4, 28)),  # 23:59, summer time since this night
        (datetime(2026, 3, 29, 21, 0, tzinfo=UTC), date(2026, 4, 29)),
    ],
)
def test_the_day_of_receipt_is_the_operators_also_when_clocks_change(moment: datetime, due: date) -> None:
    assert due_on(legal_date(moment)) == due


@pytest.mark.parametrize(
    ("first", "extended"),
    [("2026-02-28", "2026-04-28"), ("2026-12-31", "2027-02-28"), ("2027-12-30", "2028-02-29")],
)
def test_an_extension_is_two_months(first: str, extended: str) -> None:
    assert extended_due_on(date.fromisoformat(first)) == date.fromisoformat(extended)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_no_answer_may_take_longer_than_the_law_allows(received: date) -> None:
    due = due_on(received)
    assert 28 <= (due - received).days <= 30
    assert 89 - 2 <= (extended_due_on(due) - received).days <= 92


def test_the_day_that_counts_is_the_extended_one() -> None:
    later = replace(FACTS, extended_due_on=date(2026, 5, 31))
    assert (last_day(FACTS), last_day(later)) == (DUE, date(2026, 5, 31))
    assert days_left(FACTS, today=date(2026, 3, 30)) == 1
    assert days_left(FACTS, today=date(2026, 4, 2)) == -2
    assert days_left(later, today=DUE) == 61
    assert days_until(DUE, today=DUE) == 0


def test_it_is_extended_once_and_not_after_the_first_due_date() -> None:
    states = {state for state in S if may_extend(replace(FACTS, state=state), today=DUE)}
    assert states == {S.IDENTITY, S.SCOPED, S.IN_PROGRESS}
    assert not may_extend(FACTS, today=DUE + timedelta(days=1))
    assert not may_extend(replace(FACTS, extended_due_on=date(2026, 5, 31)), today=DUE - timedelta(days=5))


def test_the_steps_are_these_and_no_others() -> None:
    shown = {state.value: sorted(each.value for each in MOVES[state]) for state in S}
    ends = ["answered", "refused", "withdrawn"]
    assert shown == {
        "received": ["identity", "refused", "withdrawn"],
        "identity": ["extended", "refused", "scoped", "withdrawn"],
        "scoped": ["extended", "in_progress", "refused", "withdrawn"],
        "in_progress": sorted(["extended", *ends]),
        "extended": sorted(["scoped", "in_progress", *ends]),
        **{end: [] for end in ends},
    }
    assert {each.value for each in CLOSED} == set(ends)


@given(st.lists(st.sampled_from(list(S)), max_size=12))
def test_however_it_goes_nothing_follows_an_end_and_no_answer_comes_before_identity(wishes: list[RequestState]) -> None:
    facts, way = replace(FACTS, state=S.RECEIVED), [S.RECEIVED]
    for wish in wishes:
        if may_move(facts, wish):
            facts = replace(facts, state=wish)
            way.append(wish)
    assert not any(state in CLOSED for state in way[:-1])
    if S.ANSWERED in way:
        assert S.IDENTITY in way
        assert S.SCOPED in way or S.EXTENDED in way


@pytest.mark.parametrize("kind", list(K))
@pytest.mark.parametrize("ground", list(RefusalGround))
def test_a_ground_counts_where_the_law_knows_it(kind: RequestKind, ground: RefusalGround) -> None:
    allowed = {state for state in S if may_refuse(RequestFacts(kind=kind, state=state, due_on=DUE), ground)}
    open_ones = {S.IDENTITY, S.SCOPED, S.IN_PROGRESS, S.EXTENDED}
    if ground is RefusalGround.IDENTITY:
        assert allowed == {S.RECEIVED}
    elif ground in (RefusalGround.LEGAL_OBLIGATION, RefusalGround.CLAIMS):
        assert allowed == (open_ones if kind is K.ERASURE else set())
    else:
        assert allowed == open_ones


def test_what_nobody_confirms_lapses_on_its_last_day() -> None:
    waiting = replace(FACTS, state=S.RECEIVED)
    assert not lapses(waiting, today=DUE - timedelta(days=1))
    assert lapses(waiting, today=DUE)
    assert lapses(waiting, today=DUE + timedelta(days=1))
    assert not lapses(FACTS, today=DUE + timedelta(days=1))


def test_a_link_holds_for_24_hours() -> None:
    sent = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert link_holds(sent, sent + timedelta(hours=24, seconds=-1))
    assert not link_holds(sent, sent + timedelta(hours=24))
    assert (LINKS_A_DAY, REQUESTS_PER_MINUTE, LONGEST_MESSAGE) == (3, 6, 4000)


def test_a_mailbox_alone_does_not_open_what_a_second_step_guards() -> None:
    for kind in K:
        assert identity_is_enough(kind, Shown.SIGN_IN, has_second_step=True)
        assert identity_is_enough(kind, Shown.LINK, has_second_step=False)
        weighty = kind in {K.ACCESS, K.PORTABILITY, K.ERASURE}
        assert identity_is_enough(kind, Shown.LINK, has_second_step=True) is not weighty
        assert identity_is_enough(kind, Shown.NOT_NEEDED, has_second_step=False) is (kind is K.OBJECTION_MARKETING)


def test_what_customers_decide_is_passed_on_to_them_if_documents_are_meant() -> None:
    passed_on = {kind for kind in K if is_for_customers(kind, about_documents=True)}
    assert passed_on == {K.ACCESS, K.PORTABILITY, K.RECTIFICATION, K.ERASURE, K.RESTRICTION}
    assert not any(is_for_customers(kind, about_documents=False) for kind in K)


@pytest.mark.parametrize(
    ("today", "due"),
    [
        ("2026-03-20", ""),
        ("2026-03-21", "10_days"),
        ("2026-03-25", "10_days"),
        ("2026-03-26", "5_days"),
        ("2026-03-28", "5_days"),
        ("2026-03-29", "2_days"),
        ("2026-03-31", "2_days"),
        ("2026-04-01", "overdue"),
        ("2026-06-01", "overdue"),
    ],
)
def test_staff_are_reminded_before_the_last_day_and_alarmed_after_it(today: str, due: str) -> None:
    day = date.fromisoformat(today)
    assert reminder_due(FACTS, given=[], today=day) == due
    assert reminder_due(FACTS, given=[due], today=day) == ""
    assert reminder_due(replace(FACTS, state=S.ANSWERED), given=[], today=day) == ""
    assert reminder_due(replace(FACTS, state=S.RECEIVED), given=[], today=day) == ""
    assert reminder_due(replace(FACTS, extended_due_on=date(2026, 9, 1)), given=[], today=day) == ""


OURS, THEIRS = Role.CONTROLLER, Role.PROCESSOR
TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("rule", "kind", "role", "has_account", "result"),
    [
        ("person", K.ACCESS, OURS, True, Result.GIVEN),
        ("person", K.PORTABILITY, OURS, True, Result.GIVEN),
        ("person", K.RECTIFICATION, OURS, True, Result.CORRECTED),
        ("person", K.ERASURE, OURS, True, Result.ERASED),
        ("person", K.RESTRICTION, OURS, True, Result.RESTRICTED),
        ("person", K.OBJECTION_MARKETING, OURS, True, None),
        ("person", K.OBJECTION, OURS, True, None),
        ("person", K.OBJECTION_DECISIONS, OURS, True, None),
        ("content", K.ERASURE, THEIRS, True, Result.OF_CUSTOMERS),
        ("content", K.ACCESS, THEIRS, False, Result.OF_CUSTOMERS),
        ("bookkeeping", K.ERASURE, OURS, True, Result.KEPT),
        ("bookkeeping", K.ACCESS, OURS, True, Result.GIVEN),
        ("backup", K.ERASURE, OURS, True, Result.KEPT),
        ("backup", K.ACCESS, OURS, True, None),
        ("upgrade_copy", K.ERASURE, OURS, True, Result.KEPT),
        ("upgrade_copy", K.RESTRICTION, OURS, True, None),
        ("hosted_audit", K.ACCESS, OURS, False, Result.NOT_HELD),
        ("hosted_audit", K.ERASURE, OURS, False, Result.NOT_HELD),
        ("rights_request", K.ACCESS, OURS, False, Result.GIVEN),
        ("rights_request", K.ERASURE, OURS, False, Result.KEPT),
        ("contact_message", K.ERASURE, OURS, False, Result.ERASED),
        # What law and security use goes on in use; what somebody wrote to us does not.
        ("bookkeeping", K.RESTRICTION, OURS, True, Result.KEPT),
        ("activity", K.RESTRICTION, OURS, True, Result.KEPT),
        ("consent", K.RESTRICTION, OURS, True, Result.KEPT),
        ("rights_request", K.RESTRICTION, OURS, True, Result.RESTRICTED),
        ("contact_message", K.RESTRICTION, OURS, False, Result.RESTRICTED),
        ("activity", K.RESTRICTION, OURS, False, Result.NOT_HELD),
        ("activity", K.RECTIFICATION, OURS, True, Result.CORRECTED),
    ],
)
def test_what_comes_of_a_class(
    rule: str, kind: RequestKind, role: Role, has_account: bool, result: Result | None
) -> None:
    assert usual_result(RULE[rule], kind, role=role, has_account=has_account) is result


@pytest.mark.parametrize(
    ("kind", "results", "restricted"),
    [
        (K.RESTRICTION, [Result.KEPT, Result.RESTRICTED], True),
        (K.RESTRICTION, [Result.KEPT, Result.NOT_HELD], False),
        (K.RESTRICTION, [], False),
        (K.ERASURE, [Result.RESTRICTED], False),
    ],
)
def test_only_an_answer_to_who_asked_for_it_restricts(
    kind: RequestKind, results: list[Result], restricted: bool
) -> None:
    assert restricts(kind, results) is restricted


@pytest.mark.parametrize(
    ("rule", "until", "because"),
    [
        ("bookkeeping", date(2037, 1, 1), KeptBecause.LEGAL_OBLIGATION),  # ten years after the end of this one
        ("hosted_audit", date(2028, 5, 29), KeptBecause.LEGAL_OBLIGATION),
        ("activity", date(2027, 2, 27), KeptBecause.SECURITY),
        ("backup", date(2026, 12, 29), KeptBecause.SECURITY),
        ("upgrade_copy", date(2026, 11, 30), KeptBecause.SECURITY),
        ("rights_request", date(2029, 11, 29), KeptBecause.CLAIMS),
        ("consent", date(2027, 11, 29), KeptBecause.CLAIMS),
        ("person", date(2026, 12, 5), KeptBecause.CLAIMS),  # staff keep it, for a reason that the law knows
    ],
)
def test_what_is_kept_has_a_ground_and_a_last_day_and_nothing_else_has(
    rule: str, until: date, because: KeptBecause
) -> None:
    assert outcome_of(RULE[rule], Result.KEPT, today=TODAY) == Outcome(rule, Result.KEPT, until, because)
    assert outcome_of(RULE[rule], Result.ERASED, today=TODAY) == Outcome(rule, Result.ERASED)


@pytest.mark.parametrize("kind", list(RequestKind))
@pytest.mark.parametrize("shown", ["", *Shown])
def test_after_a_sign_in_the_secret_of_a_mail_opens_nothing_unless_the_account_goes(
    kind: RequestKind, shown: str
) -> None:
    assert followed_by_secret(kind, shown) is (shown != "sign_in" or kind is RequestKind.ERASURE)
