"""Story 6: every page for every reader: axe finds nothing, nothing is cut off at 320 px, the language is theirs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browsing
from tests.journeys.pages import MISSING, PORTAL, PUBLIC, furnish, overflow
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SLOW_TRANSITIONS = """[...document.querySelectorAll("*")]
    .filter(element => parseFloat(getComputedStyle(element).transitionDuration) > 0.01)
    .map(element => element.outerHTML.slice(0, 80))"""
EVERYTHING: dict[str, Any] = {}
COLOURS: dict[str, Any] = {"runOnly": ["color-contrast", "link-in-text-block"]}
PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True}
VIEWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "on a desk": ({"viewport": {"width": 1280, "height": 900}}, EVERYTHING),
    "on the smallest phone": (PHONE, EVERYTHING),
    "in the dark": ({"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}, COLOURS),
    "in Lithuanian on the smallest phone, in the dark": (PHONE | {"color_scheme": "dark", "locale": "lt-LT"}, COLOURS),
}


@pytest.fixture(scope="module")
def seals(stack: RunningStack) -> dict[str, str]:
    return furnish(stack)


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_is_clean(stack: RunningStack, browsing: Browsing, seals: dict[str, str], view: str) -> None:
    options, rules = VIEWS[view]
    browsing.expected_statuses.add(404)
    found = examine(browsing, browsing.fresh(**options), PUBLIC, seals, rules)
    found += examine(browsing, browsing.signed_in("owner", **options), PORTAL, seals, rules)
    assert not found, "\n".join(found)


def examine(
    browsing: Browsing, page: Page, pages: dict[str, str], seals: dict[str, str], rules: dict[str, Any]
) -> list[str]:
    """What is wrong with the pages."""
    found = []
    for name, address in pages.items():
        answer = page.goto(address.format(**seals))
        assert answer
        assert (answer.status == 404) == (address in MISSING), name
        if wide := overflow(page):
            found.append(f"{name}: {wide} px wider than the window")
        found += [f"{name}: {violation}" for violation in browsing.violations(page, **rules)]
    return found


def test_the_language_can_be_chosen_and_follows_its_person_to_another_browser(
    stack: RunningStack, browsing: Browsing
) -> None:
    page = browsing.signed_in("member")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_role("button", name="Language: English").click()
    page.get_by_role("button", name=re.compile("Lietuv")).click()

    expect(page.locator("html")).to_have_attribute("lang", "lt")
    page.goto("seal/")
    expect(page.get_by_role("link", name="Naudojimas")).to_be_visible()
    page.goto(f"{stack.url}/pricing/")
    expect(page.locator("html")).to_have_attribute("lang", "lt")

    other = browsing.signed_in("member")  # in another browser, which speaks English
    expect(other.locator("html")).to_have_attribute("lang", "lt")
    other.get_by_role("button", name=re.compile("Kalba")).click()
    other.get_by_role("button", name="English").click()
    expect(other.locator("html")).to_have_attribute("lang", "en")


def test_a_person_who_wants_little_motion_and_much_zoom_is_heard(stack: RunningStack, browsing: Browsing) -> None:
    # 200 % zoom on a screen of 1280 px leaves 640 px.
    page = browsing.signed_in("member", viewport={"width": 640, "height": 450}, reduced_motion="reduce")
    page.goto("seal/")
    assert overflow(page) == 0
    assert page.evaluate(SLOW_TRANSITIONS) == []


def test_what_looks_for_faults_finds_those_that_are_planted(stack: RunningStack, browsing: Browsing) -> None:
    page = browsing.fresh(viewport={"width": 320, "height": 640})
    page.goto("/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<input><p style=\"color: red\">')")
    page.evaluate("document.querySelector('main').appendChild(document.createElement('canvas')).width = 999")

    page.evaluate("console.error('a planted complaint')")
    browsing.fresh().goto("/nowhere/")

    assert any(violation.startswith("label:") for violation in browsing.violations(page))
    assert overflow(page) > 0
    heard = "\n".join(browsing.complaints)
    assert all(words in heard for words in ("Content Security Policy", "a planted complaint", "404 GET"))
    browsing.complaints.clear()
