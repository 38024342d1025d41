"""Who may change whose membership."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.rules.members import Standing, Verdict, judge_change, last_seen
from accounts.rules.permissions import Role

OWNER, SUSPENDED_OWNER = Standing("owner", active=True), Standing("owner", active=False)
MEMBER, GONE = Standing("member", active=True), Standing("member", active=False)


@pytest.mark.parametrize(
    ("before", "after", "by_owner", "other_owners", "verdict"),
    [
        (MEMBER, GONE, False, 1, Verdict.ALLOWED),
        (MEMBER, OWNER, False, 1, Verdict.OWNER_NEEDED),
        (MEMBER, OWNER, True, 1, Verdict.ALLOWED),
        (OWNER, MEMBER, False, 1, Verdict.OWNER_NEEDED),
        (OWNER, MEMBER, True, 1, Verdict.ALLOWED),
        (OWNER, MEMBER, True, 0, Verdict.LAST_OWNER),
        (OWNER, SUSPENDED_OWNER, True, 0, Verdict.LAST_OWNER),
        (OWNER, SUSPENDED_OWNER, False, 1, Verdict.OWNER_NEEDED),
        (SUSPENDED_OWNER, OWNER, False, 1, Verdict.OWNER_NEEDED),
        (SUSPENDED_OWNER, GONE, True, 0, Verdict.ALLOWED),
        (OWNER, OWNER, True, 0, Verdict.ALLOWED),
    ],
)
def test_only_owners_make_and_unmake_owners_and_one_always_remains(
    before: Standing, after: Standing, by_owner: bool, other_owners: int, verdict: Verdict
) -> None:
    assert judge_change(before, after, by_owner=by_owner, other_owners=other_owners) is verdict


def test_whoever_is_no_owner_can_change_everybody_but_owners() -> None:
    for role in Role:
        verdict = judge_change(Standing(role, active=True), MEMBER, by_owner=False, other_owners=9)
        assert (verdict is Verdict.OWNER_NEEDED) == (role is Role.OWNER)


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "week"), (6, "week"), (7, "month"), (30, "month"), (31, "quarter"), (92, "earlier")]
)
def test_a_sign_in_is_told_only_as_a_span(days: int, expected: str) -> None:
    now = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert last_seen(now - timedelta(days=days), now) == expected
    assert last_seen(None, now) == "never"
