"""Cookies as visitors and members meet them: the question, the answer, the record, and what a page then loads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import override_settings

from kernel import clock
from privacy.actions._retention import Spared
from privacy.actions._sweeps import SWEEPS
from privacy.models import ConsentRecord
from privacy.rules.cookie_registry import EXTRAS, NECESSARY
from tests.cast import Cast
from tests.doors.test_accounts_entrance import sign_in
from tests.doors.test_accounts_people import HOST
from tests.sweeping import swept

YEAR = 365 * 24 * 3600
ON = {"GA4_ID": "G-TEST12345", "GTM_ID": "GTM-TEST123", "HOTJAR_ID": "1234567", "AMPLITUDE_KEY": "0123456789abcdef" * 2}
THIRD_PARTIES = {"ga4", "gtm", "hotjar", "amplitude"}
BANNER, LOADER = 'class="cookie-banner"', "js/third-party/"


@pytest.fixture
def analytics() -> Iterator[None]:
    with override_settings(**ON):
        yield


def page_of(client: Client, path: str = "/", **headers: str) -> str:
    return client.get(path, headers=headers).content.decode()


def loaded(client: Client, path: str = "/", **headers: str) -> set[str]:
    return set(re.findall(rf"{LOADER}(\w+)", page_of(client, path, **headers)))


def answer(client: Client, choice: str, *extras: str, **fields: str) -> Any:
    return client.post("/cookies/", {"choice": choice, "extra": extras, **fields})


# --- The question --------------------------------------------------------------------------------------------------


def test_where_nothing_measures_nobody_is_asked_and_the_page_says_so(cast: Cast) -> None:
    client = Client(**HOST)
    assert BANNER not in page_of(client)
    page = page_of(client, "/cookies/")
    assert "Nothing on this site measures you" in page
    assert "Google" not in page
    assert "_ga" not in page
    assert set(client.cookies) == {"csrftoken"}
    assert not ConsentRecord.objects.exists()


def test_everybody_is_asked_on_the_first_visit_and_no_more_after_an_answer(cast: Cast, analytics: None) -> None:
    bob = cast.bob.client()
    for client, path in ((Client(**HOST), "/"), (Client(**HOST), "/account/login/"), (bob, cast.bob.url(""))):
        page = page_of(client, path)
        assert BANNER in page
        assert "Google Analytics 4" in page
        assert f'name="next" value="{path}"' in page
        answer(client, "reject")
        assert BANNER not in page_of(client, path)
        assert 'href="/cookies/"' in page_of(client, path)  # to change it, at the foot of every page


def test_to_refuse_is_the_same_button_as_to_accept(db: None, analytics: None) -> None:
    page = page_of(Client(**HOST))
    banner = page[page.index(BANNER) :]
    buttons = re.findall(r"<button([^>]*)>\s*(\w+)\s*</button>", banner[: banner.index("</section>")])
    assert {words: re.sub(r'value="\w+"', "", attributes) for attributes, words in buttons} == {
        "Refuse": (same := re.sub(r'value="\w+"', "", buttons[0][0])),
        "Accept": same,
    }
    page = page_of(Client(**HOST), "/cookies/")
    wide = [re.search(rf'<button ([^>]*)value="{choice}"', page) for choice in ("accept", "reject")]
    assert wide[0]
    assert wide[1]
    assert wide[0][1] == wide[1][1]
    assert " checked" not in page


def test_who_answers_from_a_page_comes_back_to_it_and_nowhere_else(db: None, analytics: None) -> None:
    client = Client(**HOST)
    assert answer(client, "reject", next="/pricing/?plan=2")["Location"] == "/pricing/?plan=2"
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
        assert answer(client, "reject", next=elsewhere)["Location"] == "/cookies/"


@pytest.mark.parametrize("language", ["en", "lt", "lv", "et"])
def test_the_table_says_everything_in_every_language(db: None, analytics: None, language: str) -> None:
    client = Client(**HOST)
    client.cookies["language"] = language
    page = page_of(client, "/cookies/")
    assert f'<html lang="{language}"' in page
    assert set(re.findall(r'data-item="(\w+ [^"]+)"', page)) == {
        f"{item.where} {item.name}" for items in (NECESSARY, *(extra.items for extra in EXTRAS)) for item in items
    }
    row = page[page.index('data-item="cookie _ga"') :]
    cells = re.findall(r"<td.*?>\s*(.*?)\s*</td>", row[: row.index("</tr>")], re.DOTALL)
    assert len(cells) == 5
    assert cells[2] == "localhost"
    assert "Google Ireland Limited" in cells[1]
    assert "400" in cells[3]


def test_what_the_settings_set_is_what_is_declared() -> None:
    own = {item.name: item.lifetime for item in NECESSARY}
    for age, name in (
        (settings.SESSION_COOKIE_AGE, settings.SESSION_COOKIE_NAME),
        (settings.CSRF_COOKIE_AGE, settings.CSRF_COOKIE_NAME),
        (settings.LANGUAGE_COOKIE_AGE, settings.LANGUAGE_COOKIE_NAME),
    ):
        assert own[name] == timedelta(seconds=age)


# --- The answer ----------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_for_a_year_by_a_cookie_that_no_script_reads(db: None, analytics: None) -> None:
    kept = answer(Client(**HOST), "accept").cookies["consent"]
    assert (kept["max-age"], kept["httponly"], kept["samesite"], kept["path"]) == (YEAR, True, "Lax", "/")
    with override_settings(SESSION_COOKIE_SECURE=True):
        assert answer(Client(**HOST), "accept").cookies["consent"]["secure"]


@pytest.mark.parametrize(
    ("choice", "extras", "runs"),
    [
        ("accept", (), THIRD_PARTIES),
        ("reject", (), set()),
        ("save", (), set()),
        ("save", ("ga4", "hotjar"), {"ga4", "hotjar"}),
        ("save", ("last_sign_in",), set()),
        ("add", ("amplitude",), {"amplitude"}),
    ],
)
def test_a_page_loads_what_was_agreed_to_and_its_policy_allows_no_more(
    db: None, analytics: None, choice: str, extras: tuple[str, ...], runs: set[str]
) -> None:
    client = Client(**HOST)
    assert loaded(client) == set()
    answer(client, choice, *extras)
    page = client.get("/")
    assert set(re.findall(rf"{LOADER}(\w+)", page.content.decode())) == runs
    hosts = {
        host for extra in EXTRAS if extra.key in runs for sources in (extra.hosts or {}).values() for host in sources
    }
    assert set(re.findall(r"(?:https|wss)://[^ ;]+", page["Content-Security-Policy"])) == hosts
    assert "unsafe" not in page["Content-Security-Policy"]


def test_nothing_measures_where_people_sign_in_or_work(cast: Cast, analytics: None) -> None:
    bob = cast.bob.client()
    answer(bob, "accept")
    answer(stranger := Client(**HOST), "accept")
    entrance = ("/account/login/", "/sign-up/", "/account/password/reset/")
    private = (*entrance, "/verify/", "/invitations/secret/", "/nowhere/")
    for client, path in [(stranger, path) for path in private] + [(bob, cast.bob.url("")), (bob, "/account/2fa/")]:
        shown = client.get(path)
        assert LOADER not in shown.content.decode()
        assert "https:" not in shown["Content-Security-Policy"]
    assert loaded(stranger, "/pricing/") == THIRD_PARTIES


def test_a_extra_without_its_setting_is_nowhere_whatever_was_agreed_to(db: None, analytics: None) -> None:
    client = Client(**HOST)
    answer(client, "accept")
    with override_settings(GA4_ID="", GTM_ID=""):
        assert loaded(client) == {"hotjar", "amplitude"}
        assert answer(client, "add", "ga4").status_code == 404
        assert answer(client, "save", "ga4").status_code == 404
        assert answer(client, "add").status_code == 404
        answer(client, "reject")
    assert loaded(client) == set()  # and is asked for anew, although it was agreed to before
    assert BANNER in page_of(client)


def test_a_cookie_that_we_did_not_write_is_no_consent(db: None, analytics: None) -> None:
    written = answer(Client(**HOST), "accept").cookies["consent"].value
    for value in (written[:-1] + "x", "x" * 4000, "accept", '{"accepted": ["ga4"]}', "\x00", ""):
        client = Client(**HOST)
        client.cookies["consent"] = value
        page = page_of(client)
        assert LOADER not in page
        assert BANNER in page
    assert answer(Client(**HOST), "everything").status_code == 404


def test_after_twelve_months_everybody_is_asked_again(db: None, analytics: None) -> None:
    start, client = clock.now(), Client(**HOST)
    with time_machine.travel(start, tick=False):
        client.cookies["consent"] = answer(Client(**HOST), "accept").cookies["consent"].value
    for age, asked in ((timedelta(days=365, seconds=-1), False), (timedelta(days=365), True)):
        with time_machine.travel(start + age, tick=False):
            assert ((BANNER in page_of(client)), loaded(client) == set()) == (asked, asked)


# --- The browser's own word ----------------------------------------------------------------------------------------


def test_a_browser_that_objects_is_not_asked_and_measured_only_if_its_person_says_so_then(
    db: None, analytics: None
) -> None:
    gpc = {"Sec-GPC": "1"}
    client = Client(**HOST)
    assert BANNER not in page_of(client, **gpc)
    assert "Your browser says that it does not want to be tracked" in page_of(client, "/cookies/", **gpc)
    assert not ConsentRecord.objects.exists()  # a signal is no answer of theirs
    answer(client, "accept")
    assert (loaded(client), loaded(client, **gpc)) == (THIRD_PARTIES, set())
    client.post("/cookies/", {"choice": "accept"}, headers=gpc)
    assert loaded(client, **gpc) == THIRD_PARTIES
    assert [record.despite_signal for record in ConsentRecord.objects.order_by("pk")] == [False, True]
    said = Client(**HOST).get("/.well-known/gpc.json")
    assert (said.json()["gpc"], said["Content-Type"]) == (True, "application/json")


def test_who_agrees_to_one_thing_more_has_said_nothing_new_about_the_others(db: None, analytics: None) -> None:
    """The button of the sign-in page, pressed after the browser began to object, and near the end of the 12 months."""
    start, client, gpc = clock.now(), Client(**HOST), {"Sec-GPC": "1"}
    add = {"choice": "add", "extra": "last_sign_in"}
    with time_machine.travel(start, tick=False):
        client.cookies["consent"] = answer(Client(**HOST), "save", "ga4").cookies["consent"].value
    with time_machine.travel(start + timedelta(days=364), tick=False):
        client.cookies["consent"] = client.post("/cookies/", add, headers=gpc).cookies["consent"].value
        assert (loaded(client), loaded(client, **gpc)) == ({"ga4"}, set())
        assert [row.despite_signal for row in ConsentRecord.objects.order_by("pk")] == [False, False]
    with time_machine.travel(start + timedelta(days=365), tick=False):
        assert (BANNER in page_of(client), loaded(client)) == (True, set())
        client.cookies["consent"] = client.post("/cookies/", add).cookies["consent"].value
        assert (BANNER in page_of(client), loaded(client)) == (True, set()), "what ran out is not taken up again"


# --- Taking it back ------------------------------------------------------------------------------------------------


def test_what_is_taken_back_ends_and_its_cookies_go_with_it(cast: Cast, analytics: None) -> None:
    client = Client(HTTP_HOST="seal.example.com")
    with override_settings(ALLOWED_HOSTS=["seal.example.com"]):
        answer(client, "accept")
        for name in ("_ga", "_ga_TEST", "_hjSession_1", "AMP_1", "last_sign_in", "session_of_somebody"):
            client.cookies[name] = "1"
        gone = answer(client, "save", "hotjar", "last_sign_in")
        assert loaded(client) == {"hotjar"}
        deleted = [cookie.OutputString() for key, cookie in gone.cookies.items() if " " in key]
    assert {line.partition("=")[0] for line in deleted} == {"_ga", "_ga_TEST", "AMP_1"}
    ga = [line for line in deleted if line.startswith("_ga=")]
    assert all("Max-Age=0" in line and "Path=/" in line for line in ga)
    assert [re.findall(r"Domain=([^;]+)", line) for line in ga] == [[], ["seal.example.com"], ["example.com"]]


def test_the_way_to_sign_in_is_remembered_only_by_consent_and_forgotten_with_it(cast: Cast) -> None:
    client = Client(**HOST)
    answer(client, "add", "last_sign_in", next="/account/login/")
    assert sign_in(client, cast.bob.person.email).cookies["last_sign_in"].value == "password"
    gone = answer(client, "reject")
    assert gone.cookies["last_sign_in "]["max-age"] == "0"
    assert "You have taken back your consent" in page_of(client, gone["Location"])
    client.post("/account/logout/")
    del client.cookies["last_sign_in"]
    assert "last_sign_in" not in sign_in(client, cast.bob.person.email).cookies


# --- The record ----------------------------------------------------------------------------------------------------


def test_every_answer_is_on_record_and_nothing_says_whose_it_was(cast: Cast, analytics: None) -> None:
    client = cast.bob.client()
    answer(client, "save", "ga4")
    client.post("/language/", {"language": "lt", "next": "/"})
    answer(client, "reject")
    answer(client, "add", "last_sign_in")
    first, second, third = ConsentRecord.objects.order_by("pk")
    assert first.browser == second.browser
    assert (first.manner, second.manner, third.manner) == ("chosen", "withdrawn", "chosen")
    assert third.choices == second.choices | {"last_sign_in": True}
    assert {key for key, agreed in first.choices.items() if agreed} == {"ga4"}
    assert second.choices == dict.fromkeys(["last_sign_in", "ga4", "gtm", "hotjar", "amplitude"], False)
    assert (first.language, second.language) == ("en", "lt")
    assert first.registry_version == second.registry_version
    assert len(first.text_hash) == 64
    kept = {field.name for field in ConsentRecord._meta.get_fields()} - {"id", "given_at", "registry_version"}
    assert kept == {"browser", "manner", "choices", "text_hash", "language", "despite_signal"}
    assert first.browser in page_of(client, "/cookies/")
    answer(other := Client(**HOST), "reject")
    assert ConsentRecord.objects.order_by("pk").last().browser != first.browser  # type: ignore[union-attr]  # there is
    assert first.browser not in page_of(other, "/cookies/")


def test_a_record_never_changes(db: None) -> None:
    answer(Client(**HOST), "accept")
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE privacy_consentrecord SET manner = 'rejected'")


def test_records_go_after_twelve_months_withdrawals_and_refusals_too(db: None) -> None:
    client = Client(**HOST)
    for day in (27, 28):
        with time_machine.travel(datetime(2026, 11, day, 21, 59, 59, tzinfo=UTC), tick=False):  # 23:59:59 in Vilnius
            answer(client, "accept")
            answer(client, "reject")
    for moment, left in (
        (datetime(2027, 11, 27, 21, 59, 59, tzinfo=UTC), 4),
        (datetime(2027, 11, 27, 22, 0, 0, tzinfo=UTC), 2),
        (datetime(2027, 11, 28, 21, 59, 59, tzinfo=UTC), 2),
        (datetime(2027, 11, 28, 22, 0, 0, tzinfo=UTC), 0),
    ):
        swept("privacy_consentrecord", moment)
        assert ConsentRecord.objects.count() == left


def test_the_oldest_records_go_first_and_no_more_than_asked(db: None) -> None:
    for _n in range(3):
        answer(Client(**HOST), "reject")
    oldest, *others = ConsentRecord.objects.order_by("pk").values_list("pk", flat=True)
    after = datetime(2100, 1, 1, tzinfo=UTC)
    consents = next(sweep for sweep in SWEEPS if sweep.store == "privacy_consentrecord")
    erase = partial(consents.erase, spared=Spared())
    assert erase(before=datetime(2000, 1, 1, tzinfo=UTC), limit=5) == 0
    assert erase(before=after, limit=1) == 1
    assert list(ConsentRecord.objects.order_by("pk").values_list("pk", flat=True)) == others
    assert oldest not in others
    assert [erase(before=after, limit=5) for _n in range(2)] == [2, 0]
