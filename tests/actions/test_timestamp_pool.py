"""The pool at work: credentials, quotas, counting, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from kernel import clock
from tests.doubles.lying_tsa import LyingTsa, anchors_file, lying_tsa
from tests.sweeping import swept
from trust.actions.obtain_timestamp import TimestampUnavailable, obtain_timestamp
from trust.actions.probe_timestamp_authorities import probe_timestamp_authorities
from trust.models import TimestampAuthority, TimestampDay, TimestampIssued
from trust.queries.pool import AuthorityHealth, timestamp_authorities

IMPRINT = sha256(b"a seal").digest()


@pytest.fixture(scope="module")
def authority_at_work() -> Iterator[LyingTsa]:
    with lying_tsa() as tsa:
        yield tsa


@pytest.fixture
def first(authority_at_work: LyingTsa, settings: Any, tmp_path: Path) -> LyingTsa:
    """First in the live pool, followed by an authority of the development PKI."""
    anchors = Path(settings.TRUST_ANCHORS).read_bytes()
    settings.TRUST_ANCHORS = anchors_file(tmp_path, anchors, authority_at_work.anchor())
    settings.TSA_URLS = [authority_at_work.url, settings.TSA_URLS[1]]
    authority_at_work.lie, authority_at_work.asked, authority_at_work.first_answer = None, 0, b""
    return authority_at_work


def terms(first: LyingTsa, settings: Any, words: str, *, user: str = "") -> None:
    address = first.url.replace("http://", f"http://{user}@" if user else "http://")
    settings.TSA_URLS = [f"{address}#{words}", *settings.TSA_URLS[1:]]


def stamp() -> str:
    return obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now()).authority


def health() -> AuthorityHealth:
    return next(one for one in timestamp_authorities(now=clock.now()) if one.live)


def test_credentials_reach_the_authority_and_nobody_else(
    first: LyingTsa, settings: Any, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    terms(first, settings, "name=First&header=X-Api-Key:hidden2", user="me:hidden1")
    assert stamp() == "First"
    assert first.headers["X-Api-Key"] == "hidden2"
    assert first.headers["Authorization"] == "Basic bWU6aGlkZGVuMQ=="

    first.lie = "answers HTTP 500"
    settings.TSA_URLS = settings.TSA_URLS[:1]
    with pytest.raises(TimestampUnavailable) as outage:
        stamp()
    rows = [str(list(TimestampAuthority.objects.values())), repr(health()), str(outage.value.detail), caplog.text]
    assert not [text for text in rows if "hidden" in text or "bWU6" in text]


def test_when_a_quota_is_used_up_the_next_is_asked_until_the_window_turns_over(
    first: LyingTsa, settings: Any, db: None
) -> None:
    terms(first, settings, "name=First&quota=2/month&price=0.25")
    assert [stamp() == "First" for _time in range(4)] == [True, True, False, False]
    assert first.asked == 2
    found = health()
    assert (found.used, found.quota, found.out, found.cost, found.failures) == (2, 2, "used_up", 0.5, 0)

    settings.TSA_URLS = settings.TSA_URLS[:1]
    with pytest.raises(TimestampUnavailable, match="our quota there is used up"):
        stamp()
    TimestampAuthority.objects.filter(name="First").update(window_starts_at=found.quota_ends_at - timedelta(days=62))
    assert stamp() == "First"
    assert health().used == 1


def test_no_number_of_workers_exceeds_a_quota(first: LyingTsa, settings: Any, transactional_db: None) -> None:
    terms(first, settings, "name=First&quota=3/day")
    probe_timestamp_authorities(now=clock.now())

    def work(_number: int) -> str:
        try:
            return stamp()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as workers:
        given = list(workers.map(work, range(12)))
    assert (first.asked, given.count("First"), len(given)) == (3, 3, 12)


def test_what_costs_is_not_probed_while_it_is_well(first: LyingTsa, settings: Any, db: None) -> None:
    terms(first, settings, "price=0.01")
    assert probe_timestamp_authorities(now=clock.now()) == {}
    assert first.asked == 0
    first.lie = "answers HTTP 500"
    stamp()
    first.lie = None
    TimestampAuthority.objects.filter(failures=1).update(last_error_at=clock.now() - timedelta(minutes=11))
    assert probe_timestamp_authorities(now=clock.now()) == {}
    assert first.asked == 2
    assert health().failing_since is None


def test_successes_failures_and_who_stood_in_are_counted(first: LyingTsa, db: None) -> None:
    now = clock.now()
    stamp()
    first.lie = "answers HTTP 500"
    stamp()
    first.lie = None
    stamp()
    one, two = [one for one in timestamp_authorities(now=clock.now()) if one.live]
    assert (one.asked, one.failed, one.stood_in, one.success_percent) == (3, 1, 0, pytest.approx(200 / 3))
    assert (two.asked, two.failed, two.stood_in, two.success_percent) == (1, 0, 1, 100)
    assert one.p50_ms is not None
    assert one.p95_ms is not None
    assert one.p50_ms <= one.p95_ms
    later = [one for one in timestamp_authorities(now=now + timedelta(days=31)) if one.live]
    assert [(one.asked, one.cost, one.p50_ms) for one in later] == [(0, 0, None)] * 2


def test_serials_and_counts_are_forgotten_after_their_time_and_not_before(first: LyingTsa, db: None) -> None:
    stamp()
    generated_at = TimestampIssued.objects.get().generated_at
    for days, left in ((400, 1), (402, 0)):
        swept("trust_timestampissued", generated_at + timedelta(days=days))
        assert TimestampIssued.objects.count() == left
    swept("trust_timestampday", generated_at + timedelta(days=402))
    assert (TimestampIssued.objects.count(), TimestampDay.objects.count()) == (0, 0)
