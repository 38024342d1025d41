"""Story 11: in each state of consent a real browser keeps exactly what the public table says, and calls nobody else.

The third parties are doubles: what Chromium asks of their hosts is answered here, after the content security policy of
the page has let it through, and each of them keeps what the real one is known to keep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test.utils import override_settings
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from privacy.rules import cookies as rules
from privacy.rules.cookie_registry import EXTRAS, NECESSARY
from privacy.rules.cookies import Extra, Item, Where
from tests.cast import PASSWORD, Customers
from tests.journeys.conftest import launch

pytestmark = [pytest.mark.browser]

ON = {"GA4_ID": "G-TEST12345", "GTM_ID": "GTM-TEST123", "HOTJAR_ID": "1234567", "AMPLITUDE_KEY": "0123456789abcdef" * 2}
PAGES = ("/", "/cookies/")
THIRD_PARTIES = {extra.key for extra in EXTRAS if extra.setting}
SCRIPTS = {urlsplit(extra.script.format("x")).path.split("x")[0]: extra for extra in EXTRAS if extra.script}
COOKIE, LOCAL, SESSION = Where.COOKIE, Where.LOCAL_STORAGE, Where.SESSION_STORAGE


class ThirdParties:
    """All hosts of the world but ours: what they were asked for, and the code that each would have sent."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def answer(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.hostname in {"127.0.0.1", "localhost"}:
            route.continue_()
            return
        self.calls.append(route.request.url)
        extra = next((each for path, each in SCRIPTS.items() if url.path.startswith(path)), None)
        body = _code_of(extra) if extra else ""
        route.fulfill(status=200, content_type="text/javascript", body=body)


def _code_of(extra: Extra) -> str:
    """A script that keeps what the registry says of its extra, for as long as that, and sends something home."""
    lines = ["window.amplitude = { init() {} };"] if extra.key == "amplitude" else []
    for item in extra.items:
        name = json.dumps(item.name.replace("*", f"{extra.key}1"))
        if item.where is COOKIE:
            age = f"; max-age={int(item.lifetime.total_seconds())}" if item.lifetime else ""
            lines.append(f"document.cookie = {name} + '=1; path=/{age}; samesite=lax';")
        else:
            lines.append(f"{'local' if item.where is LOCAL else 'session'}Storage.setItem({name}, '1');")
    for host in (extra.hosts or {}).get("connect-src", ())[:1]:
        lines.append(f"fetch({json.dumps(host.replace('*', 'collect') + '/home')}, {{ mode: 'no-cors' }});")
    return "\n".join(lines)


@pytest.fixture
def site(live_server: Any) -> Iterator[str]:
    with override_settings(**ON):
        yield live_server.url


def kept(context: BrowserContext, page: Page) -> dict[tuple[str, str], float]:
    """Everything the browser keeps: where and by which name, and for how many days (-1 until it is closed)."""
    now = page.evaluate("Date.now() / 1000")
    found = {
        (str(COOKIE), str(cookie["name"])): -1.0 if cookie["expires"] == -1 else (cookie["expires"] - now) / 86400
        for cookie in context.cookies()
    }
    for where, storage in ((LOCAL, "localStorage"), (SESSION, "sessionStorage")):
        found |= {(str(where), name): -1.0 for name in page.evaluate(f"Object.keys({storage})")}
    assert page.evaluate("indexedDB.databases()") == []
    assert page.evaluate("caches.keys()") == []
    return found


def declared(page: Page) -> set[tuple[str, str]]:
    """What the public table says, by place and name."""
    if not page.url.endswith("/cookies/"):
        page.goto("/cookies/")
    rows = page.locator("tr[data-item]").evaluate_all("rows => rows.map(row => row.dataset.item)")
    return {(place, name) for place, _space, name in (row.partition(" ") for row in rows)}


def item_of(place: str, name: str) -> tuple[Item, str]:
    """Its declaration, and whose it is."""
    for extra, items in (("", NECESSARY), *((extra.key, extra.items) for extra in EXTRAS)):
        for item in items:
            if item.where == place and fnmatchcase(name, item.name):
                return item, extra
    raise AssertionError(f"{place} {name} is kept and not declared")


def visit(page: Page) -> None:
    """The public pages, as somebody who looks around does."""
    for path in PAGES:
        page.goto(path)
    page.wait_for_load_state("networkidle")


def judge(context: BrowserContext, page: Page, third: ThirdParties, *, necessary: set[str], extras: set[str]) -> None:
    """Walk, then compare: what is kept is declared, and is what this state of consent allows, no more and no less."""
    third.calls.clear()
    visit(page)
    table, found = declared(page), kept(context, page)
    expected = {
        (str(item.where), item.name.replace("*", f"{extra.key}1"))
        for extra in EXTRAS
        if extra.key in extras & THIRD_PARTIES
        for item in extra.items
    } | {("cookie", name) for name in necessary}
    assert found.keys() == expected
    for (place, name), days in found.items():
        item, extra = item_of(place, name)
        assert (place, item.name) in table
        assert extra in extras | {""}
        most = rules.kept_at_most(item)
        if item.where is COOKIE:
            assert days == pytest.approx(most.total_seconds() / 86400 if most else -1, abs=0.01), name
    hosts = {host for extra in EXTRAS if extra.key in extras for host in _all_hosts(extra)}
    called = {f"https://{urlsplit(call).hostname}" for call in third.calls}
    assert all(any(fnmatchcase(host, allowed) for allowed in hosts) for host in called), called
    assert bool(called) == bool(extras & THIRD_PARTIES)


def _all_hosts(extra: Extra) -> set[str]:
    return {host for sources in (extra.hosts or {}).values() for host in sources}


def test_a_browser_keeps_what_the_public_table_says_and_nothing_else(site: str) -> None:
    bob = Customers().cast().bob
    third, complaints = ThirdParties(), list[str]()
    with sync_playwright() as playwright, launch(playwright) as browser:

        def fresh(**options: Any) -> tuple[BrowserContext, Page]:
            context = browser.new_context(base_url=site, locale="en-GB", **options)
            context.route(re.compile(".*"), third.answer)
            context.set_default_timeout(10_000)
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            return context, page

        # Nothing answered.
        context, page = fresh()
        judge(context, page, third, necessary={"csrftoken"}, extras=set())
        page.goto("/")
        accept, refuse = (page.get_by_role("button", name=name, exact=True) for name in ("Accept", "Refuse"))
        boxes = [each.bounding_box() for each in (accept, refuse)]
        assert boxes[0]
        assert boxes[1]
        assert (boxes[0]["width"], boxes[0]["height"]) == (boxes[1]["width"], boxes[1]["height"])
        assert min(boxes[0]["width"], boxes[0]["height"]) >= 24
        look = "each => { const s = getComputedStyle(each); return [s.color, s.backgroundColor, s.font, s.border] }"
        assert accept.evaluate(look) == refuse.evaluate(look)
        assert page.evaluate("document.activeElement === document.body")  # a region takes no focus

        # Refused.
        refuse.click()
        page.get_by_text("Your choice is kept for 12 months.").wait_for()
        judge(context, page, third, necessary={"csrftoken", "consent"}, extras=set())

        # Agreed to one of each kind, then to everything, then taken back.
        answered = {"csrftoken", "consent"}
        page.get_by_label("Google Analytics 4").check()
        page.get_by_label("Remembering how you sign in").check()
        page.get_by_role("button", name="Save this choice").click()
        judge(context, page, third, necessary=answered, extras={"ga4", "last_sign_in"})
        page.get_by_role("button", name="Accept everything").click()
        judge(context, page, third, necessary=answered, extras=THIRD_PARTIES | {"last_sign_in"})
        page.get_by_role("button", name="Take back all consent").click()
        page.get_by_text("You have taken back your consent.").wait_for()
        judge(context, page, third, necessary=answered, extras=set())
        context.close()

        # What a person has chosen, and the browser's own objection.
        context, page = fresh(extra_http_headers={"Sec-GPC": "1"}, java_script_enabled=True)
        page.goto("/account/preferences/")
        page.get_by_label("Country").select_option("LT")
        page.get_by_role("button", name="Keep these choices").click()
        page.get_by_text("Your choices are kept.").wait_for()
        judge(context, page, third, necessary={"csrftoken", "language", "country"}, extras=set())
        assert page.locator(".cookie-banner").count() == 0
        page.get_by_role("button", name="Accept everything").click()
        chosen = answered | {"language", "country"}
        judge(context, page, third, necessary=chosen, extras=THIRD_PARTIES | {"last_sign_in"})
        context.close()

        # Everything else that this site keeps itself, by a member who uses what makes it do so.
        context, page = fresh()
        page.goto("/account/login/")
        page.get_by_role("button", name="Remember here how I sign in").click()
        page.locator("#id_login").fill(bob.person.email)
        page.locator("#id_password").fill(PASSWORD)
        page.locator("#id_password").press("Enter")
        page.wait_for_url(f"**{bob.url('')}")
        page.get_by_role("button", name="dark", exact=False).click()
        page.get_by_role("button", name="Collapse menu").click()
        page.goto(bob.url("documents/"))
        assert page.locator(".portal__foot a[href='/cookies/']").count() == 1
        assert page.locator(".cookie-banner").count() == 1
        held = kept(context, page)
        assert {name for _place, name in held} == answered | {
            *("session", "known_browser", "last_sign_in", "theme", "nav", "htmx-current-path-for-history"),
        }
        table = declared(page)
        for (place, name), days in held.items():
            item, _extra = item_of(place, name)
            assert (place, item.name) in table
            assert days == pytest.approx(item.lifetime / timedelta(days=1) if item.lifetime else -1, abs=0.01), name
        context.close()

        # Without script the answer counts the same, and nothing can run.
        context, page = fresh(java_script_enabled=False)
        third.calls.clear()
        page.goto("/")
        page.get_by_role("button", name="Accept", exact=True).click()
        assert page.locator(".cookie-banner").count() == 0
        assert {cookie["name"] for cookie in context.cookies()} == answered
        assert third.calls == []
    assert complaints == []
