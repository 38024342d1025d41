"""Story 12: a member and a stranger ask about their data in a browser, the stranger without any script."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connections
from playwright.sync_api import sync_playwright

from kernel import runner
from privacy.models import RightsRequest
from tests.cast import PASSWORD, Customers
from tests.journeys.conftest import confirm_if_asked, launch
from tests.journeys.pages import overflow

pytestmark = [pytest.mark.browser]


@pytest.fixture
def site(live_server: object) -> str:
    """The site, served by this process."""
    return str(live_server).replace("127.0.0.1", "localhost")


def work() -> None:
    """What is queued, in a thread of its own: Playwright's has an event loop, in which Django asks no database."""

    def drain() -> None:
        runner.drain()
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(drain).result()


def links_in(text: str, site: str) -> list[str]:
    """The paths of a mail's links about requests, in order."""
    return [f"{site}{path}" for path in re.findall(r"https?://[^/\s]+(/privacy/request/\S+)", text)]


def test_a_member_and_a_stranger_ask_and_follow_their_requests(site: str) -> None:
    bob = Customers().cast().bob
    complaints: list[str] = []
    with sync_playwright() as playwright, launch(playwright) as browser:
        stranger = browser.new_context(base_url=site, locale="en-GB", java_script_enabled=False).new_page()
        stranger.set_viewport_size({"width": 320, "height": 800})
        stranger.goto("/privacy/")
        stranger.get_by_role("link", name="Make a request").first.click()
        stranger.get_by_label("My data should be erased").check()
        stranger.get_by_label("Your e-mail address").fill("ona@example.org")
        stranger.get_by_label("It is also about documents").check()
        stranger.get_by_role("button", name="Send the request").click()
        stranger.get_by_role("heading", name="Your request has come").wait_for()
        work()
        confirm, _status = links_in(next(each.body for each in mail.outbox if each.to == ["ona@example.org"]), site)
        stranger.goto(confirm)
        stranger.get_by_role("button", name="Yes, the request is mine").click()
        stranger.get_by_text("You have our answer by").wait_for()
        stranger.get_by_role("button", name="Withdraw the request").click()
        stranger.get_by_text("Withdrawn").wait_for()

        member = browser.new_context(base_url=site, locale="en-GB").new_page()
        member.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        member.goto("/account/login/?next=/account/privacy/")
        member.locator("#id_login").fill(bob.person.email)
        member.locator("#id_password").fill(PASSWORD)
        member.locator("#id_password").press("Enter")
        member.get_by_role("heading", name="Your data").wait_for()
        member.get_by_role("button", name="Object to advertising").click()
        member.get_by_text("because you object").wait_for()
        member.get_by_label("A copy of my data").check()
        member.get_by_role("button", name="Send the request").click()
        confirm_if_asked(member, PASSWORD)
        member.get_by_text("It is being prepared.").wait_for()
        member.set_viewport_size({"width": 320, "height": 800})
        assert overflow(member) == 0
        member.goto("/account/privacy/")
        assert overflow(member) == 0
        member.get_by_role("link", name="A copy of my data").wait_for()
    assert complaints == []
    assert dict(RightsRequest.objects.values_list("kind", "state")) == {
        "erasure": "withdrawn",
        "objection_marketing": "answered",
        "access": "in_progress",
    }
