"""Story 7: more documents are on their way than one question about their progress could name."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.conftest import Browsing
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]

MANY = 150
LONGEST_ADDRESS = 2_000  # well within what any web server or proxy takes


def test_each_of_many_documents_is_followed_to_its_end(stack: RunningStack, browsing: Browsing) -> None:
    page = browsing.signed_in("member")
    accepted: list[str] = []
    asked: list[str] = []

    def accept(route: Route) -> None:
        accepted.append(f"seal_{len(accepted):026}")
        route.fulfill(status=202, json={"id": accepted[-1], "status": "queued", "links": {}})

    def tell(route: Route) -> None:
        asked.append(route.request.url)
        ids = parse_qs(urlsplit(route.request.url).query)["ids"][0].split(",")
        done = len(accepted) == MANY  # the workers are slower than the connection
        items = [{"id": each, "status": "sealed" if done else "queued", "links": {}} for each in ids]
        route.fulfill(body=json.dumps({"items": items}), content_type="application/json")

    page.route("**/seal/upload/", accept)
    page.route("**/seal/status/*", tell)
    page.goto("seal/")
    page.get_by_label("Choose files").set_input_files(
        [{"name": f"{number}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"} for number in range(MANY)]
    )
    page.get_by_role("button", name=f"Seal {MANY} documents").click()

    expect(page.locator("[data-live]")).to_have_text(f"{MANY} of {MANY} sealed", timeout=60_000)
    assert max(len(url) for url in asked) < LONGEST_ADDRESS
