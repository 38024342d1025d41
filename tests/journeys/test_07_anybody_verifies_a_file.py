"""Story 7: somebody without an account gets a file, drops it on the page and reads in one look what it is worth."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sealing.formats.sample import sample_pdf
from tests.journeys.conftest import Browsing
from tests.journeys.pages import overflow
from tests.journeys.test_06_everybody_can_use_it import VIEWS
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]

VERDICTS = {
    "sealed.pdf": ("TOTAL-PASSED", "Valid"),
    "sealed.asice": ("TOTAL-PASSED", "Valid"),
    "changed.pdf": ("TOTAL-FAILED", "Not valid"),
    "plain.pdf": ("INDETERMINATE", "Not signed"),
}


@pytest.fixture(scope="module")
def files(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A seal of the demonstration, the same with one letter changed, and a document that nobody signed."""
    folder = tmp_path_factory.mktemp("files")
    plain = sample_pdf("Offer 7")
    seal = stack.order(plain, name="offer.pdf", wait=30)
    sealed = stack.api("GET", stack.finished(seal.json["id"], seconds=30)["links"]["content"]).body
    seal = stack.order(plain, name="offer.pdf", wait=30, fields={"format": "asice"})
    contained = stack.api("GET", stack.finished(seal.json["id"], seconds=30)["links"]["content"]).body
    contents = {
        "sealed.asice": contained,
        "sealed.pdf": sealed,
        "changed.pdf": sealed.replace(b"Offer 7", b"Offer 9", 1),
        "plain.pdf": plain,
    }
    assert contents["changed.pdf"] != sealed
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


def drop(page: Page, file: Path) -> None:
    page.evaluate(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, {type: "application/pdf"}));
            for (const kind of ["dragenter", "dragover", "drop"])
                document.body.dispatchEvent(
                    new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }""",
        [file.name, list(file.read_bytes())],
    )


@pytest.mark.parametrize("name", VERDICTS)
def test_a_dropped_file_has_one_verdict_in_words(
    stack: RunningStack, browsing: Browsing, files: dict[str, Path], name: str
) -> None:
    page = browsing.fresh()
    page.goto("")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Verify").click()
    page.wait_for_url("**/verify/")  # and its script is there
    with page.expect_navigation():
        drop(page, files[name])

    indication, words = VERDICTS[name]
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", indication)
    expect(page.locator("#verdict-title")).to_contain_text(words)
    expect(page.get_by_text(name)).to_be_visible()


def test_without_script_and_without_a_mouse_the_form_has_a_button(
    stack: RunningStack, browsing: Browsing, files: dict[str, Path]
) -> None:
    page = browsing.fresh(java_script_enabled=False)
    page.goto("verify/")
    page.get_by_label("Choose a signed file").set_input_files(files["sealed.pdf"])
    page.get_by_role("button", name="Verify").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Valid")).to_be_visible()
    expect(page.get_by_text("proven by a timestamp of")).to_be_visible()
    expect(page.get_by_text("Nothing was added after this signature.")).to_be_visible()


def test_a_signature_apart_asks_for_its_document_and_the_result_can_be_printed(
    stack: RunningStack, browsing: Browsing, files: dict[str, Path], tmp_path: Path
) -> None:
    seal = stack.order(files["plain.pdf"].read_bytes(), name="offer.pdf", wait=30, fields={"format": "cades"})
    apart = tmp_path / "offer.pdf.p7s"
    apart.write_bytes(stack.api("GET", stack.finished(seal.json["id"], seconds=30)["links"]["content"]).body)
    page = browsing.fresh()
    page.goto("verify/")
    page.get_by_label("Choose a signed file").set_input_files(apart)
    document = page.get_by_label("Choose the document that was signed")
    expect(document).to_be_focused()
    with page.expect_navigation():
        document.set_input_files(files["plain.pdf"])

    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "TOTAL-PASSED")
    expect(page.get_by_text("The document is exactly the one that was signed.")).to_be_visible()
    with page.expect_download() as printed:
        page.get_by_role("button", name="Report as PDF").click()
    assert printed.value.suggested_filename == "offer.pdf.p7s.verification.pdf"
    assert printed.value.path().read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("view", VIEWS)
def test_every_verdict_can_be_read_by_everybody(
    stack: RunningStack, browsing: Browsing, files: dict[str, Path], view: str
) -> None:
    options, rules = VIEWS[view]
    page = browsing.fresh(**options)
    for path in files.values():
        page.goto("verify/")
        with page.expect_navigation():
            page.locator("#id_file").set_input_files(path)
        for details in page.locator("summary").all():
            details.click()
        assert overflow(page) == 0, path.name
        assert browsing.violations(page, **rules) == [], path.name
