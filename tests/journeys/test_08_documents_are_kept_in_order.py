"""Story 8: somebody labels, finds, shares, downloads and destroys documents, and a colleague sees what was shared."""

from __future__ import annotations

import secrets
import subprocess
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sealing.formats.sample import sample_pdf
from tests.journeys.conftest import Browsing
from tests.journeys.pages import overflow
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def test_documents_are_labelled_found_shared_downloaded_and_destroyed(
    stack: RunningStack, browsing: Browsing, tmp_path: Path
) -> None:
    word, label = secrets.token_hex(4), f"Board {secrets.token_hex(3)}"
    names = [f"Minutes {word}.pdf", f"Budget {word}.pdf"]
    for name in names:
        assert stack.order(sample_pdf("Kept"), name=name, wait=30).status == 201
    owner = browsing.signed_in("owner", viewport={"width": 1280, "height": 900})

    owner.goto("labels/")
    owner.get_by_role("textbox", name="Name of the label").fill(label)
    owner.get_by_role("button", name="Make the label").click()
    owner.goto("documents/")
    owner.get_by_label("Name or reference").fill(word[:6].upper())
    owner.get_by_label("Name or reference").press("Enter")
    owner.wait_for_url(f"**q={word[:6].upper()}*")
    expect(owner.locator("input[name=seal]")).to_have_count(2)
    expect(owner.get_by_role("button", name="Set labels")).to_be_disabled()
    owner.get_by_label("All on this page").check()
    listed = owner.locator("input[name=seal]").first.element_handle()
    owner.get_by_label("State").select_option(label="Sealed")
    listed.wait_for_element_state("hidden")  # the list has come anew
    owner.get_by_text("2 chosen").wait_for()

    with owner.expect_download() as coming:
        owner.get_by_role("button", name="Download", exact=True).click()
    archive = tmp_path / "documents.zip"
    coming.value.save_as(archive)
    subprocess.run(["unzip", "-tqq", archive], check=True)
    assert len(zipfile.ZipFile(archive).namelist()) == 3

    owner.get_by_role("button", name="Set labels").click()
    owner.get_by_role("checkbox", name=label).check()
    owner.get_by_role("button", name="Save the labels").click()
    owner.get_by_text("The labels of 2 documents were changed.").wait_for()
    owner.get_by_role("link", name=label).first.click()
    expect(owner.locator("input[name=seal]")).to_have_count(2)

    owner.get_by_role("link", name=names[0], exact=True).click()
    owner.get_by_role("link", name="Share").click()
    for page_width in (1280, 320):
        owner.set_viewport_size({"width": page_width, "height": 900})
        assert overflow(owner) == 0
    assert browsing.violations(owner) == []
    owner.get_by_label("Member").select_option(label="Mantas Member (" + stack.demo["member"]["email"] + ")")
    owner.get_by_role("button", name="Share", exact=True).click()
    owner.get_by_role("button", name="Stop sharing").wait_for()

    member = browsing.signed_in("member")
    member.goto("documents/?shared=with_me")
    expect(member.get_by_text("shared with you").first).to_be_visible()
    expect(member.get_by_role("link", name=names[1], exact=True)).to_have_count(0)
    member.get_by_role("link", name=names[0], exact=True).click()
    expect(member.get_by_role("link", name="Download")).to_be_visible()
    expect(member.get_by_role("link", name="Delete for good")).to_have_count(0)

    browsing.expected_statuses.add(410)
    owner.goto(f"documents/?q={word}")
    owner.get_by_role("link", name=names[0], exact=True).click()
    owner.get_by_role("link", name="Delete for good").click()
    expect(owner.get_by_role("button", name="Delete for good")).to_be_disabled()
    owner.get_by_label(f"To confirm, type {names[0]}").fill(names[0])
    owner.get_by_role("button", name="Delete for good").click()
    owner.get_by_text("The document was deleted.").wait_for()
    owner.goto(f"documents/?q={word}")
    expect(owner.locator("input[name=seal]")).to_have_count(1)
    member.goto("documents/?shared=with_me")
    expect(member.get_by_role("link", name=names[0], exact=True)).to_have_count(0)
