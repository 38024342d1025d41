"""When somebody is asked about cookies, what their answer allows, and for how long it holds (D2, D11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.catalogue import RULE
from privacy.rules import cookies as rules
from privacy.rules.cookie_registry import EXTRA, EXTRAS, NECESSARY
from privacy.rules.cookies import Consent, Extra, Item, Kind, Where, fingerprint

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
GA, TAGS, HINT = EXTRA["ga4"], EXTRA["gtm"], EXTRA["last_sign_in"]
OFFERED = (HINT, GA, TAGS)
SECOND = timedelta(seconds=1)


def consent(*accepted: Extra, asked: tuple[Extra, ...] = OFFERED, at: datetime = NOW, despite: bool = False) -> Consent:
    return Consent(
        id="brw_1",
        given_at=at,
        answered={extra.key: fingerprint(extra) for extra in asked},
        accepted=frozenset(extra.key for extra in accepted),
        despite_signal=despite,
    )


def names(extras: tuple[Extra, ...]) -> list[str]:
    return [extra.key for extra in extras]


def test_third_parties_exist_only_where_a_setting_names_them() -> None:
    assert names(rules.offered(EXTRAS, ())) == ["last_sign_in"]
    assert names(rules.offered(EXTRAS, {"GA4_ID", "AMPLITUDE_KEY"})) == ["last_sign_in", "ga4", "amplitude"]
    assert {extra.setting for extra in EXTRAS} == {"", "GA4_ID", "GTM_ID", "HOTJAR_ID", "AMPLITUDE_KEY"}


@pytest.mark.parametrize(
    ("given", "objects", "allowed", "asks"),
    [
        (None, False, [], True),
        (None, True, [], False),
        (consent(), False, [], False),
        (consent(GA), False, ["ga4"], False),
        (consent(GA, HINT), False, ["last_sign_in", "ga4"], False),
        (consent(GA, HINT), True, ["last_sign_in"], False),
        (consent(GA, HINT, despite=True), True, ["last_sign_in", "ga4"], False),
        (consent(GA, despite=True), False, ["ga4"], False),
        (consent(GA, asked=(HINT, GA)), False, ["ga4"], True),
        (consent(GA, TAGS, asked=(HINT, GA)), False, ["ga4"], True),
        (consent(GA, asked=(GA, TAGS)), False, ["ga4"], False),
    ],
    ids=[
        "nothing answered",
        "nothing answered, but the browser objects",
        "refused",
        "one of three",
        "one to measure, one for convenience",
        "the browser has come to object since",
        "agreed although it objects",
        "agreed although it objected then",
        "an extra is new",
        "agreed to what was never asked",
        "what is off until wanted is not asked about",
    ],
)
def test_an_answer_allows_what_it_names_and_is_asked_for_what_is_new(
    given: Consent | None, objects: bool, allowed: list[str], asks: bool
) -> None:
    assert names(rules.allowed(given, OFFERED, objects=objects, now=NOW)) == allowed
    assert rules.must_ask(given, OFFERED, objects=objects, now=NOW) is asks


def test_nobody_is_asked_where_nothing_asks() -> None:
    assert not rules.must_ask(None, (HINT,), objects=False, now=NOW)
    assert not rules.must_ask(None, (), objects=False, now=NOW)


def test_an_answer_holds_for_twelve_months() -> None:
    year = timedelta(days=365)
    assert year == rules.CHOICE_KEPT
    for age, holds in ((year - SECOND, True), (year, False), (year + SECOND, False)):
        old = consent(GA, at=NOW - age)
        assert rules.holds(old, NOW) is holds
        assert bool(rules.allowed(old, OFFERED, objects=False, now=NOW)) is holds
        assert rules.must_ask(old, OFFERED, objects=False, now=NOW) is not holds


def test_no_browser_remembers_an_answer_longer_than_it_is_on_record() -> None:
    for day in (date(2026, 11, 28), date(2027, 2, 28), date(2028, 2, 29)):
        assert day + rules.CHOICE_KEPT <= RULE["consent"].period.after(day)


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": "Counts more."},
        {"provider": "Somebody else"},
        {"name": "Another name"},
        {"kind": Kind.FUNCTIONALITY},
        {"items": GA.items[:1]},
        {"items": (replace(GA.items[0], lifetime=timedelta(days=1)), GA.items[1])},
        {"items": (replace(GA.items[0], lifetime=None), GA.items[1])},
        {"items": (replace(GA.items[0], where=Where.LOCAL_STORAGE), GA.items[1])},
        {"hosts": {"script-src": ("https://elsewhere.example",)}},
    ],
    ids="-".join,
)
def test_a_extra_that_is_declared_differently_is_asked_for_again_and_no_other(changed: dict[str, object]) -> None:
    other = replace(GA, **changed)  # type: ignore[arg-type]
    offered = (HINT, other, TAGS)
    given = consent(GA, TAGS)
    assert fingerprint(other) != fingerprint(GA)
    assert names(rules.allowed(given, offered, objects=False, now=NOW)) == ["gtm"]
    assert rules.must_ask(given, offered, objects=False, now=NOW)
    assert rules.registry_version(offered) != rules.registry_version(OFFERED)


def test_an_answer_does_not_depend_on_the_order_of_declarations() -> None:
    assert rules.registry_version(OFFERED) == rules.registry_version(OFFERED[::-1])
    assert {len(rules.registry_version(OFFERED)), len(fingerprint(GA))} == {16}


def test_other_words_of_banner_and_page_are_asked_with_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given = consent(GA)
    monkeypatch.setattr(rules, "WORDING", 2)
    assert rules.must_ask(given, OFFERED, objects=False, now=NOW)


KEYS = st.sets(st.sampled_from(sorted(EXTRA)))


@given(accepted=KEYS, asked=KEYS, objects=st.booleans())
def test_nothing_is_allowed_that_was_not_agreed_to(accepted: set[str], asked: set[str], objects: bool) -> None:
    answer = consent(*(EXTRA[key] for key in accepted), asked=tuple(EXTRA[key] for key in asked))
    refused = {extra.key for extra in EXTRAS if objects and extra.kind is Kind.PERFORMANCE}
    assert set(names(rules.allowed(answer, EXTRAS, objects=objects, now=NOW))) == (accepted & asked) - refused


@pytest.mark.parametrize(
    ("before", "accepted", "manner"),
    [
        ([], ["last_sign_in", "ga4", "gtm"], "accepted"),
        ([], ["last_sign_in", "ga4", "gtm", "older"], "accepted"),
        ([], ["ga4", "gtm"], "chosen"),
        (["ga4"], ["gtm"], "chosen"),
        ([], [], "rejected"),
        (["ga4"], [], "withdrawn"),
    ],
)
def test_the_record_says_how_somebody_answered(before: list[str], accepted: list[str], manner: str) -> None:
    assert rules.manner(before, accepted, names(OFFERED)) == manner


def test_lifetimes_are_those_that_are_asked_for() -> None:
    day, minute = timedelta(days=1), timedelta(minutes=1)
    year = 365 * day
    declared = {item.name: item.lifetime for extra in EXTRAS for item in extra.items if item.lifetime}
    assert declared == {
        "last_sign_in": year,
        "_ga": 2 * year,
        "_ga_*": 2 * year,
        "_hjSessionUser_*": year,
        "_hjSession_*": 30 * minute,
        "_hjUserAttributesHash": 2 * minute,
        "AMP_*": year,
    }
    years = dict.fromkeys(["consent", "known_browser", "language", "country", "time_zone"], year)
    own = {item.name: item.lifetime for item in NECESSARY if item.lifetime}
    assert own == years | {"session": 12 * 60 * minute, "csrftoken": 52 * 7 * day}
    of_staff = {item.name for item in NECESSARY if item.staff}
    assert of_staff == {"sidebarDesktopOpen", "adminTheme", "commandHistory", "django.admin.*"}
    stored = {item.name for item in NECESSARY if item.where is not Where.COOKIE}
    assert {item.name for item in NECESSARY if item.by_script} == stored
    third_parties = [item for extra in EXTRAS if extra.setting for item in extra.items]
    assert all(item.by_script for item in third_parties)
    assert set(EXTRA) == {"last_sign_in", "ga4", "gtm", "hotjar", "amplitude"}
    assert [extra.key for extra in EXTRAS if not extra.asks] == ["last_sign_in"]


def test_browsers_shorten_what_is_asked_of_them() -> None:
    days = {"_ga": (400, 7), "_hjSession_*": (0, 0), "AMP_*": (365, 7)}
    items = {item.name: item for extra in EXTRAS for item in extra.items}
    for name, (chrome, safari) in days.items():
        kept, in_safari = rules.kept_at_most(items[name]), rules.kept_at_most(items[name], safari=True)
        assert (kept.days if kept else None, in_safari.days if in_safari else None) == (chrome, safari)
    language = next(item for item in NECESSARY if item.name == "language")
    assert rules.kept_at_most(language, safari=True) == timedelta(days=365)  # set by HTTP
    assert rules.kept_at_most(replace(language, lifetime=None)) is None
    long = Item(name="x", purpose="", lifetime=timedelta(days=900), where=Where.LOCAL_STORAGE, by_script=True)
    assert rules.kept_at_most(long, safari=True) == timedelta(days=900)


def test_what_goes_with_a_extra_are_its_own_cookies_alone() -> None:
    held = ["_ga", "_ga_ABC", "_gab", "_GA", "session", "AMP_1", "_hjUserAttributes"]
    assert rules.leftovers(held, [GA]) == ["_ga", "_ga_ABC"]
    assert rules.leftovers(held, [EXTRA["hotjar"], EXTRA["amplitude"]]) == ["AMP_1"]
    assert rules.leftovers(held, []) == []


@pytest.mark.parametrize(
    ("host", "domains"),
    [
        ("seal.example.com", ["seal.example.com", "example.com"]),
        ("Example.com.", ["example.com"]),
        ("localhost", []),
        ("127.0.0.1", []),
        ("[::1]", []),
    ],
)
def test_a_script_may_have_set_a_cookie_for_every_domain_above(host: str, domains: list[str]) -> None:
    assert rules.domains_above(host) == domains


def test_the_registry_names_each_thing_once_and_says_what_it_is_for() -> None:
    items = [*NECESSARY, *(item for extra in EXTRAS for item in extra.items)]
    places = [(item.where, item.name) for item in items]
    assert len(places) == len(set(places))
    assert all(item.purpose.endswith(".") for item in items)
    for extra in EXTRAS:
        third_party = bool(extra.setting)
        assert {bool(extra.provider), bool(extra.policy_url), bool(extra.script), bool(extra.hosts)} == {third_party}
        assert extra.kind is not Kind.NECESSARY
        if third_party:
            hosts = [host for sources in (extra.hosts or {}).values() for host in sources]
            assert all(host.startswith(("https://", "wss://")) for host in hosts)
            assert any(extra.script.startswith(host + "/") for host in (extra.hosts or {})["script-src"])
            assert extra.script.count("{}") == 1
