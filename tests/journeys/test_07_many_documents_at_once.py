"""Story 7: a member seals 200 files at once in the browser, watches them finish, and takes them home in one file."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from sealing.formats.sample import sample_pdf
from tests.journeys.conftest import Browsing
from tests.second_opinions import assert_validly_sealed
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]

MANY = 200
MORE_THAN_FIT_INTO_A_QUESTION = 80
LONGEST_ADDRESS = 2_000  # well within what any web server or proxy takes


def choose(page: Page, contents: list[bytes]) -> None:
    page.goto("seal/")
    page.get_by_label("Choose files").set_input_files(
        [
            {"name": f"{number}.pdf", "mimeType": "application/pdf", "buffer": content}
            for number, content in enumerate(contents)
        ]
    )
    page.get_by_role("button", name=f"Seal {len(contents)} documents").click()


def test_two_hundred_documents_are_sealed_watched_and_downloaded_together(
    stack: RunningStack, browsing: Browsing, tmp_path: Path
) -> None:
    page = browsing.signed_in("member")
    choose(page, [sample_pdf(f"Document {number}") for number in range(MANY - 1)] + [b"%PDF-1.7 and nothing else"])
    link = page.get_by_role("link", name="Open this batch").get_attribute("href")
    elsewhere = page.context.new_page()
    elsewhere.goto(f"{stack.url}{link}")
    expect(page.locator("[data-live]")).to_have_text(
        f"{MANY - 1} of {MANY} sealed · 1 not sealed, and not charged", timeout=90_000
    )

    words = f"Download the {MANY - 1} sealed ones (ZIP)"
    expect(elsewhere.get_by_role("link", name=words)).to_be_visible()  # without being asked to look again
    expect(elsewhere.locator("#batch-live")).to_have_text(
        f"{MANY - 1} of {MANY} sealed · 1 not sealed, and not charged"
    )
    expect(page.locator(".seal-row").last).to_contain_text("unreadable_pdf")
    with page.expect_download() as download:
        page.get_by_role("link", name=words).click()
    archive = tmp_path / "batch.zip"
    download.value.save_as(archive)
    subprocess.run(["unzip", "-tq", str(archive)], check=True, capture_output=True)
    with zipfile.ZipFile(archive) as opened:
        assert len(opened.namelist()) == MANY  # the table, and all but the torn one
        (tmp_path / "one.pdf").write_bytes(opened.read("150-sealed.pdf"))
    assert_validly_sealed(tmp_path / "one.pdf")


def test_a_batch_goes_on_and_is_found_again_when_the_browser_is_gone(
    stack: RunningStack, browsing: Browsing, browser: Browser
) -> None:
    """What has arrived is sealed; the rest of the batch never comes."""
    page, arrived = browsing.signed_in("member"), 0

    def some(route: Route) -> None:
        nonlocal arrived
        arrived += 1
        if arrived <= 6:
            route.continue_()

    page.route("**/seal/upload/", some)
    choose(page, [sample_pdf(f"Lost {number}") for number in range(12)])
    expect(page.locator("[data-live]")).to_have_text("6 of 12 sealed", timeout=30_000)
    link = page.get_by_role("link", name="Open this batch").get_attribute("href")
    page.context.close()
    browsing.contexts.pop()

    again = browsing.signed_in("member")
    again.goto("documents/")
    again.get_by_role("main").get_by_role("link", name="Batches").click()
    again.get_by_role("row", name=re.compile("6 of 6 sealed")).get_by_role("link").first.click()
    again.wait_for_url(f"**{link}")
    expect(again.get_by_role("heading", level=1)).to_have_text("Batch of 6 documents")
    expect(again.get_by_text("More documents may still come")).to_be_visible()
    expect(again.get_by_role("link", name=re.compile("ZIP"))).to_have_count(0)


def test_no_question_about_progress_is_too_long_to_be_asked(stack: RunningStack, browsing: Browsing) -> None:
    page = browsing.signed_in("member")
    accepted: list[str] = []
    asked: list[str] = []

    def accept(route: Route) -> None:
        accepted.append(f"seal_{len(accepted):026}")
        route.fulfill(status=202, json={"id": accepted[-1], "status": "queued", "links": {}})

    def tell(route: Route) -> None:
        asked.append(route.request.url)
        ids = parse_qs(urlsplit(route.request.url).query)["ids"][0].split(",")
        done = len(accepted) == MORE_THAN_FIT_INTO_A_QUESTION  # the workers are slower than the connection
        items = [{"id": each, "status": "sealed" if done else "queued", "links": {}} for each in ids]
        route.fulfill(body=json.dumps({"items": items}), content_type="application/json")

    page.route("**/seal/upload/", accept)
    page.route("**/seal/status/*", tell)
    choose(page, [b"%PDF-"] * MORE_THAN_FIT_INTO_A_QUESTION)

    expect(page.locator("[data-live]")).to_have_text("80 of 80 sealed", timeout=60_000)
    assert max(len(url) for url in asked) < LONGEST_ADDRESS
