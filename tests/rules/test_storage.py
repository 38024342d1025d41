"""When an object that no row names may be deleted."""

from datetime import UTC, datetime, timedelta

import pytest

from privacy.rules.storage import is_abandoned, may_delete

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "abandoned"), [(timedelta(hours=24), False), (timedelta(hours=24, microseconds=1), True)]
)
def test_an_object_is_abandoned_after_a_day(age: timedelta, abandoned: bool) -> None:
    assert is_abandoned(NOW - age, NOW) is abandoned


@pytest.mark.parametrize(
    ("abandoned", "objects", "closed", "may"),
    [(20, 20, False, True), (21, 210, False, True), (21, 209, False, False), (21, 21, True, True)],
)
def test_many_at_once_wait_for_a_person(abandoned: int, objects: int, closed: bool, may: bool) -> None:
    assert may_delete(abandoned, objects, owner_is_closed=closed) is may
