"""Notices: on which day they count as given, who can do without the mail, and whose mail server is used."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from accounts.forms.notices import TOPIC_NAMES
from accounts.rules.bounces import delivery_in, is_final, return_path
from accounts.rules.mail_servers import OWN_TRIES, REST, is_host_name, is_own_turn, is_time_to_tell
from accounts.rules.notices import CATALOGUE, given_on, is_mailed, mutable_topics, notice_kind, notice_number

VILNIUS = ZoneInfo("Europe/Vilnius")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DELIVERY = "ndl_01jdabcdefghjkmnpqrstvwxyz"
SECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("midnight", "day"),
    [
        (datetime(2026, 11, 23, 22, 0, tzinfo=UTC), date(2026, 11, 24)),  # winter: UTC+2
        (datetime(2026, 6, 30, 21, 0, tzinfo=UTC), date(2026, 7, 1)),  # summer: UTC+3
        (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_notice_is_given_on_the_day_it_was_sent_in_vilnius_and_not_before_it_was(
    midnight: datetime, day: date
) -> None:
    assert given_on(midnight, VILNIUS) == day
    assert given_on(midnight - SECOND, VILNIUS) == day - timedelta(days=1)
    assert given_on(None, VILNIUS) is None


def test_the_hour_that_comes_twice_belongs_to_one_day() -> None:
    twice = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert {given_on(twice + timedelta(hours=hour), VILNIUS) for hour in (0, 1)} == {date(2026, 10, 25)}


def test_only_what_may_be_muted_is_muted() -> None:
    for kind in CATALOGUE:
        assert is_mailed(kind, muted_topics=[])
        assert is_mailed(kind, muted_topics=[kind.topic]) is not kind.mutable
        assert is_mailed(kind, muted_topics=["another"])
        assert is_mailed(kind, muted_topics=[], restricted=True) is not kind.mutable


def test_every_kind_is_called_once_and_has_its_words_and_every_topic_to_mute_a_name() -> None:
    codes = [kind.code for kind in CATALOGUE]
    assert codes == sorted(set(codes))
    root = Path(__file__).resolve().parents[2] / "templates"
    for kind in CATALOGUE:
        assert notice_kind(kind.code) is kind
        assert (root / f"{kind.template}.txt").is_file(), kind.code
        assert (root / f"{kind.template}_subject.txt").is_file(), kind.code
    assert set(mutable_topics()) <= TOPIC_NAMES.keys()


def test_numbers_are_of_one_length() -> None:
    assert notice_number(2026, 123) == "N-2026-000123"


def test_the_own_server_has_three_tries_and_then_rests_ten_minutes() -> None:
    assert [is_own_turn(tries=tries, failed_at=None, now=NOW) for tries in range(1, 5)] == [True, True, True, False]
    assert OWN_TRIES == 3
    for tries in (1, 4):
        assert not is_own_turn(tries=tries, failed_at=NOW - REST + SECOND, now=NOW)
    assert is_own_turn(tries=1, failed_at=NOW - REST, now=NOW)
    assert is_time_to_tell(None, NOW)
    assert not is_time_to_tell(NOW - timedelta(days=1) + SECOND, NOW)
    assert is_time_to_tell(NOW - timedelta(days=1), NOW)


@pytest.mark.parametrize("host", ["smtp.example.com", "a.b", "xn--paperi-x.example", "mail-1.example.com"])
def test_full_names_are_host_names(host: str) -> None:
    assert is_host_name(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "localhost", "127.0.0.1", "10.1", "::1", "a..b", "-a.b", "a b.c", "smtp.example.com:25", "a.b\n", "ą.lt"),
        *("A.b", "a." * 127 + "bc", "user@smtp.example.com", "smtp.example.com/"),
    ],
)
def test_addresses_and_other_things_are_none(host: str) -> None:
    assert not is_host_name(host)


def test_a_return_path_tells_its_delivery() -> None:
    path = return_path("bounces@example.org", DELIVERY)
    assert path == f"bounces+{DELIVERY}@example.org"
    assert delivery_in(path) == delivery_in(f"<{DELIVERY}@example.org>") == DELIVERY
    assert return_path("", DELIVERY) == ""
    assert delivery_in("ndl_short <N-2026-000001@example.org>") is None


def test_only_a_permanent_failure_is_final() -> None:
    assert is_final("failed", "5.1.1")
    assert is_final(" Failed ", " 5.0.0")
    for action, status in (
        ("delayed", "4.2.2"),
        ("failed", "4.4.7"),
        ("delivered", "2.0.0"),
        ("relayed", "5.1.1"),
        ("", ""),
    ):
        assert not is_final(action, status)
