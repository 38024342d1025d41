"""Story 2: a member drops several files at once; good ones come back sealed, bad ones with a sentence and a code."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from playwright.sync_api import FileChooser, Page, expect

from sealing.formats.sample import sample_pdf
from tests.journeys.conftest import Browsing
from tests.second_opinions import assert_validly_contained, assert_validly_sealed
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Four documents, one of them with a name that tests everybody's encoding, and one that is encrypted."""
    names = ["January.pdf", "February.pdf", "Kovo mėn. sąskaita „Nr. 3“.pdf", "April.pdf", "May, secret.pdf"]
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(sample_pdf(f"Invoice {paths.index(path)}"))
    with pikepdf.open(paths[-1], allow_overwriting_input=True) as document:
        document.save(paths[-1], encryption=pikepdf.Encryption(owner="owner", user="user"))
    return paths


def drop(page: Page, files: list[Path]) -> None:
    """Drop files on the page, made from bytes inside it, since the policy allows no other origin."""
    page.evaluate(
        """(files) => {
            const transfer = new DataTransfer();
            for (const [name, bytes] of files)
                transfer.items.add(new File([new Uint8Array(bytes)], name, {type: "application/pdf"}));
            for (const kind of ["dragenter", "dragover", "drop"])
                document.body.dispatchEvent(
                    new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }""",
        [[path.name, list(path.read_bytes())] for path in files],
    )


def test_dropped_files_are_sealed_and_the_encrypted_one_is_refused_with_its_reason(
    stack: RunningStack, browsing: Browsing, files: list[Path], tmp_path: Path
) -> None:
    used = stack.used()
    page = browsing.signed_in("member")
    page.goto("seal/")

    drop(page, files)
    page.get_by_role("button", name="Seal 5 documents").click()
    expect(page.locator("[data-live]")).to_have_text("4 of 5 sealed · 1 not sealed, and not charged", timeout=60_000)

    refused = page.locator("[data-state=harm]")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("The PDF is encrypted; remove the password protection before sealing.")
    expect(refused.locator("code")).to_have_text("encrypted_pdf")

    for file in files[:4]:
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Download {file.name}, sealed").click()
        assert download.value.suggested_filename == f"{file.stem}-sealed.pdf"
        target = tmp_path / f"{files.index(file)}.pdf"
        download.value.save_as(target)
        assert_validly_sealed(target)
        assert target.read_bytes().startswith(file.read_bytes())

    assert stack.used() == used + 4
    page.goto("documents/?status=refused")
    expect(page.get_by_role("link", name="May, secret.pdf").first).to_be_visible()
    page.goto("documents/")
    page.get_by_role("link", name="Kovo mėn. sąskaita „Nr. 3“.pdf", exact=True).first.click()
    expect(page.get_by_text("as one seal of the plan")).to_be_visible()
    expect(page.get_by_text(re.compile("Attempt 1"))).to_be_visible()


def test_a_file_that_is_no_pdf_comes_back_in_a_container_beside_the_pdf(
    stack: RunningStack, browsing: Browsing, tmp_path: Path
) -> None:
    page = browsing.signed_in("member")
    page.goto("seal/")
    pdf, table = tmp_path / "report.pdf", tmp_path / "Suvestinė 2026.csv"
    pdf.write_bytes(sample_pdf("Report"))
    table.write_bytes("mėnuo;suma\r\n".encode())

    drop(page, [pdf, table])
    page.get_by_role("button", name="Seal 2 documents").click()
    expect(page.locator("[data-live]")).to_have_text("2 of 2 sealed", timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Suvestinė 2026.csv, sealed").click()

    assert download.value.suggested_filename == "Suvestinė 2026.asice"
    download.value.save_as(tmp_path / "sealed.asice")
    assert_validly_contained(tmp_path / "sealed.asice")
    with zipfile.ZipFile(tmp_path / "sealed.asice") as container:
        assert container.read(table.name) == table.read_bytes()
    page.goto("documents/")
    page.get_by_role("link", name="Suvestinė 2026.csv", exact=True).first.click()
    expect(page.get_by_text("Container (ASiC-E), XAdES")).to_be_visible()


SLOW_PICTURES = """const read = createImageBitmap;
window.createImageBitmap = async file => { await new Promise(go => setTimeout(go, 1000)); return read(file) }"""


def test_a_seal_is_shown_on_the_page_of_a_pdf_and_other_files_are_sealed_without(
    stack: RunningStack, browsing: Browsing, tmp_path: Path
) -> None:
    page = browsing.signed_in("member")
    page.add_init_script(SLOW_PICTURES)
    page.goto("seal/")
    pdf, table, logo = tmp_path / "report.pdf", tmp_path / "table.csv", tmp_path / "logo.jpg"
    pdf.write_bytes(sample_pdf("Report"))
    table.write_text("a;b")
    Image.effect_noise((2000, 1500), 90).save(logo)
    assert logo.stat().st_size > 1_000_000

    page.locator("summary", has_text="Options").click()
    page.get_by_text("Show the seal on the page").click()
    page.get_by_label("Where on the page").select_option("Top right")
    page.get_by_label("Text").fill("Patvirtino {name} · Ąžuolo g. 1")
    page.get_by_label("Logo").set_input_files(logo)
    page.get_by_text("Add a QR code").click()
    drop(page, [pdf, table])
    page.get_by_role("button", name="Seal 2 documents").click()
    expect(page.locator("[data-live]")).to_have_text("2 of 2 sealed", timeout=60_000)
    expect(page.locator("[data-rows]")).to_contain_text("without a box on the page: it is no PDF")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download report.pdf, sealed").click()
    target = tmp_path / "sealed.pdf"
    download.value.save_as(target)
    assert_validly_sealed(target)
    text = subprocess.run(["pdftotext", str(target), "-"], capture_output=True, text=True, check=True).stdout
    assert "Patvirtino Demo UAB · Ąžuolo g. 1" in " ".join(text.split())
    with pikepdf.open(target) as opened:
        drawn = opened.Root.AcroForm.Fields[0].AP.N.Resources.XObject.L
        assert 0 < drawn.Width <= 600


def test_the_whole_journey_needs_no_mouse(stack: RunningStack, browsing: Browsing, tmp_path: Path) -> None:
    page = browsing.signed_in("member")
    choosers: list[FileChooser] = []

    def opened(chooser: FileChooser) -> None:
        choosers.append(chooser)

    page.on("filechooser", opened)  # asked for long before it is needed: the browser is told in its own time
    document = tmp_path / "keyboard.pdf"
    document.write_bytes(sample_pdf("By keyboard"))

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    focus_on(page, "Seal documents")
    page.keyboard.press("Enter")
    page.wait_for_url("**/seal/", wait_until="networkidle")
    page.bring_to_front()  # only the page in front may open a file chooser

    focus_on(page, "Choose files")
    page.keyboard.press("Enter")
    for _ in range(200):
        if choosers:
            break
        page.wait_for_timeout(100)
    choosers[0].set_files(document)
    expect(page.get_by_role("button", name="Seal 1 document")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-live]")).to_have_text("1 of 1 sealed", timeout=60_000)

    focus_on(page, "Download keyboard.pdf, sealed")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "sealed.pdf")
    assert_validly_sealed(tmp_path / "sealed.pdf")


def focus_on(page: Page, name: str) -> None:
    """Press Tab until the focus is, visibly, on what is called so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const element = document.activeElement;
                if (element === document.body) return "";
                const label = element.labels?.[0]?.textContent ?? "";
                return element.getAttribute("aria-label") ?? (label + element.textContent);
            }"""
        )
        if name in " ".join(focused.split()):
            return
    raise AssertionError(f"Tab never reaches {name!r}")
