"""The pool as it is written in the settings, whom it asks, and how long that takes."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.environment import WrongSetting, authorities
from trust.rules.authorities import COSTLY_PROBE_PAUSE, Authority, in_turn, pool_out_since, worth_probing
from trust.rules.latency import BOUNDS_MS, percentile_ms, step
from trust.rules.pool import EntryUnclear, PoolEntry, quota_window, read_entry

NOW = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LINE = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=20)


@given(user=LINE.filter(lambda text: ":" not in text), password=LINE, header=LINE, quota=st.integers(1, 10**9 - 1))
def test_what_is_written_of_an_authority_is_read_and_its_secrets_show_nowhere(
    user: str, password: str, header: str, quota: int
) -> None:
    secret = f"§{password}"
    entry = read_entry(
        f"https://{quote(user, safe='')}:{quote(secret, safe='')}@tsa.example:8443/ts?a=b"
        f"#price=0.0215&quota={quota}/day&header={quote(f'X-Api-Key:{header}', safe='')}"
    )
    assert (entry.url, entry.name) == ("https://tsa.example:8443/ts?a=b", "tsa.example:8443/ts")
    assert (entry.price, entry.quota, entry.window) == (Decimal("0.0215"), quota, "day")
    basic, own = entry.headers
    assert b64decode(basic[1].removeprefix("Basic ")).decode() == f"{user}:{secret}"
    assert own == ("X-Api-Key", header)
    assert "§" not in repr(entry)
    assert basic[1] not in repr(entry)


def test_an_address_alone_is_an_authority_without_price_or_limit() -> None:
    entry = read_entry("http://127.0.0.1:8000/tsa/a")
    assert entry == PoolEntry("http://127.0.0.1:8000/tsa/a", "127.0.0.1:8000/tsa/a")
    assert not entry.is_costly


@pytest.mark.parametrize(
    "words",
    [
        "#quota=5000",
        "#quota=0/day",
        "#quota=5/year",
        "#price=-1",
        "#price=NaN",
        "#price=cheap",
        "#cost=1",
        "#price=1&price=2",
        "#header=X-Key:a%0d%0aHost:b",
        "#header=novalue",
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(words: str) -> None:
    with pytest.raises(EntryUnclear) as refused:
        read_entry(f"https://user:hidden@tsa.example/{words}")
    assert "hidden" not in str(refused.value)
    with pytest.raises(EntryUnclear):
        read_entry("ftp://tsa.example/")


def test_a_setting_that_cannot_be_read_names_its_place_and_not_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSA_URLS", "https://a.example, https://me:hidden@b.example/#quota=many")
    with pytest.raises(WrongSetting, match="TSA_URLS, authority 2: a quota is written like") as refused:
        authorities("TSA_URLS")
    assert "hidden" not in str(refused.value)


def test_a_quota_turns_over_with_the_calendar_of_utc() -> None:
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert quota_window("day", now=NOW) == (datetime(2026, 11, 30, tzinfo=UTC), december)
    assert quota_window("month", now=december - TICK) == (datetime(2026, 11, 1, tzinfo=UTC), december)
    assert quota_window("month", now=december) == (december, datetime(2027, 1, 1, tzinfo=UTC))


def authority(**state: object) -> Authority:
    return Authority(**({"id": "a", "name": "a", "url": "u", "position": 0} | state))  # type: ignore[arg-type]


def test_who_is_held_or_has_used_up_its_quota_is_passed_over_until_that_ends() -> None:
    terms = PoolEntry("u", "a", quota=2)
    begins, ends = quota_window("month", now=NOW)
    used_up = authority(terms=terms, window_starts_at=begins, window_used=2)
    assert in_turn([used_up], now=ends - TICK) == []
    assert in_turn([used_up], now=ends) == [used_up]
    assert in_turn([one := authority(terms=terms, window_starts_at=begins, window_used=1)], now=NOW) == [one]
    held = authority(held_until=NOW)
    assert in_turn([held], now=NOW - TICK) == []
    assert in_turn([held], now=NOW) == [held]


def test_a_pool_is_out_when_the_last_that_could_answer_fell_silent() -> None:
    early, late = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    silent = [authority(failing_since=early), authority(failing_since=late)]
    held = authority(held_until=NOW + TICK)
    assert pool_out_since(silent, now=NOW) == late
    assert pool_out_since([*silent, held], now=NOW) == late
    assert pool_out_since([*silent, authority()], now=NOW) is None
    assert pool_out_since([held], now=NOW) is None
    assert pool_out_since([], now=NOW) is None


def test_an_authority_that_costs_is_probed_only_while_it_fails_and_seldom() -> None:
    costly = PoolEntry("u", "a", price=Decimal("0.01"))
    assert worth_probing(authority(), now=NOW)
    assert not worth_probing(authority(held_until=NOW + TICK), now=NOW)
    assert not worth_probing(authority(terms=costly), now=NOW)
    failing = authority(terms=costly, failures=1, last_error_at=NOW - COSTLY_PROBE_PAUSE)
    assert worth_probing(failing, now=NOW)
    assert not worth_probing(failing, now=NOW - TICK)


@given(st.lists(st.floats(0, 60_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_percentile_is_the_step_that_holds_this_share(times: list[float], share: float) -> None:
    steps = [step(timedelta(milliseconds=time)) for time in times]
    counts = [steps.count(place) for place in range(len(BOUNDS_MS))]
    bound = percentile_ms(counts, share)
    assert bound is not None
    within = sum(BOUNDS_MS[place] <= bound for place in steps)
    below = sum(BOUNDS_MS[place] < bound for place in steps)
    assert within >= share * len(times) > below - 1e-9


def test_steps_end_at_their_bounds_and_nothing_has_no_percentile() -> None:
    assert [step(timedelta(milliseconds=time)) for time in (0, 5, 5.001, 5000, 9999)] == [0, 0, 1, 16, 16]
    assert percentile_ms([0] * len(BOUNDS_MS), 0.5) is None
