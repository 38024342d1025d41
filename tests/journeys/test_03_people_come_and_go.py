"""Story 3: the owner invites somebody, who joins and seals; suspended, they are out within five seconds."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browsing, newcomer, sign_in, token_made_in_the_portal
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def open_member(page: Page, address: str) -> None:
    """Find a member in the list and go to their page."""
    page.goto("people/")
    page.get_by_label("Name or e-mail").fill(address)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("row").filter(has_text=address).get_by_role("link").click()


def test_an_invited_person_joins_and_when_suspended_is_out_with_the_next_click(
    stack: RunningStack, browsing: Browsing
) -> None:
    page, address, password = newcomer(browsing, "Developer")
    page.goto("seal/")
    expect(page.get_by_role("heading", name="Seal documents")).to_be_visible()
    documents = f"{stack.url}/c/demo/documents/"
    token = token_made_in_the_portal(page, "Rūta's program", password=password)
    assert stack.api("GET", "/seals", token=token).status == 200

    owner = browsing.signed_in("owner")
    open_member(owner, address)
    owner.get_by_role("button", name="Suspend").click()
    pressed = time.monotonic()
    browsing.expected_statuses |= {403, 404}
    while stack.api("GET", "/seals", token=token).status != 401 or page.request.get(documents).status != 404:
        assert time.monotonic() - pressed < 5, "session or token still works"
    assert time.monotonic() - pressed < 5
    owner.get_by_text("is suspended, and so are the tokens they made.").wait_for()

    answer = page.goto(documents)
    assert answer
    assert answer.status in {403, 404}
    assert "Documents" not in page.title()
    other = browsing.fresh(customer="demo")
    sign_in(other, stack, address, password)
    answer = other.goto("seal/")
    assert answer
    assert answer.status in {403, 404}

    open_member(owner, address)
    owner.get_by_role("button", name="Restore").click()
    owner.get_by_text("can work again.").wait_for()
    page.goto(documents)
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    assert stack.api("GET", "/seals", token=token).status == 200


def test_a_member_sees_no_buttons_and_no_pages_of_the_administration(stack: RunningStack, browsing: Browsing) -> None:
    page = browsing.signed_in("member")
    navigation = page.get_by_role("navigation", name="Portal")

    expect(navigation.get_by_role("link", name="Documents")).to_be_visible()
    expect(navigation.get_by_role("link", name="Developers")).to_have_count(0)
    browsing.expected_statuses |= {403, 404}
    for address in ("developers/tokens/", f"{stack.url}/c/other/", f"{stack.url}/staff/"):
        answer = page.goto(address)
        assert answer
        assert answer.status in {403, 404}
