"""When a message is sent again, and when an endpoint is given up (Standard Webhooks 1.0.0)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.rules.tokens import is_within, network_named, reminder_due
from accounts.rules.webhook_addresses import target_of
from accounts.rules.webhooks import ATTEMPTS, Outcome, is_hopeless, judge, wish_of


def test_the_schedule_is_the_standards_spread_by_a_tenth(now: datetime) -> None:
    pauses = [judge(500, attempt=each, now=now, chance=0.5).next_at for each in range(1, ATTEMPTS)]
    minute, hour = 60, 3600
    assert [(at - now).total_seconds() for at in pauses if at] == pytest.approx(
        [5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]
    )
    early, late = (judge(500, attempt=2, now=now, chance=chance).next_at for chance in (0, 1))
    assert early == now + timedelta(seconds=270)
    assert late == now + timedelta(seconds=330)
    assert judge(500, attempt=ATTEMPTS, now=now, chance=0).outcome is Outcome.FAILED


@pytest.mark.parametrize("status", [None, 100, 301, 302, 400, 404, 429, 500, 503])
def test_only_a_2xx_is_success(now: datetime, status: int | None) -> None:
    assert judge(status, attempt=1, now=now, chance=0).outcome is Outcome.AGAIN


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is(now: datetime, status: int) -> None:
    assert judge(status, attempt=ATTEMPTS, now=now, chance=0).outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("header", "hours"), [("3600", 1), ("9999999", 24), ("Mon, 23 Nov 2026 11:30:00 GMT", 2), ("soon", 0), ("-1", 0)]
)
def test_a_busy_receiver_says_when(now: datetime, header: str, hours: int) -> None:
    verdict = judge(503, attempt=1, now=now, chance=0, wish=wish_of(header, now=now))
    assert verdict.next_at == now + (timedelta(hours=hours) or timedelta(seconds=4.5))
    ignored = judge(500, attempt=1, now=now, chance=0, wish=wish_of(header, now=now))
    assert ignored.next_at == now + timedelta(seconds=4.5)


def test_an_endpoint_is_given_up_after_five_days_of_failures_and_not_for_a_single_one(now: datetime) -> None:
    assert is_hopeless(failing_since=now - timedelta(days=5), failures=10, now=now)
    assert not is_hopeless(failing_since=now - timedelta(days=5), failures=1, now=now)
    assert not is_hopeless(failing_since=now - timedelta(days=4), failures=99, now=now)
    assert not is_hopeless(failing_since=None, failures=0, now=now)


def test_a_name_is_sent_to_as_dns_has_it() -> None:
    target = target_of("https://Hooks.Bücher.example.com/a?b=c")
    assert (target.host, target.port, target.path) == ("hooks.xn--bcher-kva.example.com", 443, "/a?b=c")
    assert target_of("https://hooks.example.com:8443").authority == "hooks.example.com:8443"


def test_networks_and_reminders_of_tokens(now: datetime) -> None:
    assert network_named(" 198.51.100.0/24 ") == "198.51.100.0/24"
    assert network_named("198.51.100.7") == "198.51.100.7/32"
    assert network_named("198.51.100.7/24") is None
    assert is_within("203.0.113.1", [])
    assert not is_within("", ["198.51.100.0/24"])
    assert not is_within("2001:db8::1", ["198.51.100.0/24"])
    end = now + timedelta(days=10)
    assert reminder_due(end, reminded=None, now=now) == 14
    assert reminder_due(end, reminded=14, now=now) is None
    assert reminder_due(end, reminded=14, now=end - timedelta(hours=20)) == 1
