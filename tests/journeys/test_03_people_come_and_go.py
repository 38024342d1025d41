"""Story 3: the owner invites somebody, who joins and seals; suspended, they are out with their next click."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Browsing, newcomer, sign_in, token_made_in_the_portal
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def test_an_invited_person_joins_and_when_suspended_is_out_with_the_next_click(
    stack: RunningStack, browsing: Browsing
) -> None:
    page, address, password = newcomer(browsing, "Developer")
    page.goto("seal/")
    expect(page.get_by_role("heading", name="Seal documents")).to_be_visible()
    token = token_made_in_the_portal(page, "Rūta's program", password=password)
    assert stack.api("GET", "/seals", token=token).status == 200

    owner = browsing.signed_in("owner")
    owner.goto("people/")
    row = owner.get_by_role("row").filter(has_text=address)
    row.get_by_role("button", name="Suspend").click()
    owner.get_by_text("is suspended, and so are the tokens they made.").wait_for()

    browsing.expected_statuses |= {403, 404}
    answer = page.goto(f"{stack.url}/c/demo/documents/")
    assert answer
    assert answer.status in {403, 404}
    assert "Documents" not in page.title()
    assert stack.api("GET", "/seals", token=token).status == 401
    other = browsing.fresh(customer="demo")
    sign_in(other, stack, address, password)
    answer = other.goto("seal/")
    assert answer
    assert answer.status in {403, 404}

    owner.goto("people/")
    owner.get_by_role("row").filter(has_text=address).get_by_role("button", name="Restore").click()
    owner.get_by_text("can work again.").wait_for()
    page.goto(f"{stack.url}/c/demo/documents/")
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
