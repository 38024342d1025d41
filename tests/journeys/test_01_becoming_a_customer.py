"""Story 1: somebody signs up, confirms the address, makes a first test seal and holds a valid file."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sealing.formats.sample import sample_pdf
from tests.journeys.conftest import Browsing, link_in, mails_to
from tests.second_opinions import assert_validly_sealed
from tests.stack import RunningStack
from tests.waiting import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PASSWORD = "correct horse battery"


def sign_up(page: Page, email: str) -> None:
    page.goto("pricing/")
    page.goto("sign-up/")
    page.get_by_label("Name of the customer").fill("Naujoji UAB")
    page.get_by_label("Register number").fill("123033512")
    page.get_by_label("Street and number").fill("Gedimino pr. 1")
    page.get_by_label("City").fill("Vilnius")
    page.get_by_label("Your position").fill("Director")
    page.get_by_label("Your name").fill("Nora Naujokė")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("radio", name=re.compile("Plan 1")).check()
    page.get_by_label("I accept these documents").check()
    page.get_by_label("I am authorised to act").check()
    page.get_by_label("Neither the customer nor anybody who owns").check()
    page.get_by_role("button", name="Create account").click()


def test_a_stranger_becomes_a_customer_and_makes_a_first_test_seal(
    stack: RunningStack, browsing: Browsing, tmp_path: Path
) -> None:
    email = f"nora-{secrets.token_hex(4)}@example.org"
    page = browsing.fresh()
    sign_up(page, email)

    [mail] = wait_for(lambda: mails_to(stack, email), "the mail that confirms the address")
    page.goto(link_in(mail, stack))
    page.get_by_role("button", name="Confirm").click()
    if "/account/login" in page.url:
        page.get_by_label("E-mail address", exact=True).fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("heading", name="Three steps to begin")).to_be_visible()
    page.get_by_role("link", name="Make a test seal").click()
    # The test certificate is ready within moments, made by the workers.
    wait_for(lambda: has_certificate(page), "the test certificate")
    page.get_by_text("Options:").click()
    page.get_by_role("radio", name="Test").check()
    page.locator("#files").set_input_files({"name": "first.pdf", "mimeType": "application/pdf", "buffer": sample_pdf()})
    page.get_by_role("button", name="Seal 1 document").click()

    link_to_file = page.get_by_role("link", name="Download first.pdf, sealed")
    link_to_file.wait_for()
    with page.expect_download() as download:
        link_to_file.click()
    assert download.value.suggested_filename == "first-sealed.pdf"
    download.value.save_as(tmp_path / "first-sealed.pdf")
    assert_validly_sealed(tmp_path / "first-sealed.pdf")
    assert b"TEST" in (tmp_path / "first-sealed.pdf").read_bytes()


def has_certificate(page: Page) -> bool:
    page.reload()
    return page.get_by_text("Your test certificate is being made").count() == 0
