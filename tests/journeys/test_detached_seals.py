"""A file never leaves its owner: the browser, or the written recipe, sends only its digest."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect

from sealing.formats.sample import sample_pdf
from tests.architecture.source import ROOT
from tests.journeys.conftest import Browsing
from tests.second_opinions import assert_validly_sealed, openssl_verifies
from tests.stack import RunningStack

pytestmark = pytest.mark.stack

SECRET = b"a secret that nobody else may read\n" * 1000


@pytest.mark.browser
def test_the_browser_sends_only_the_digest_and_brings_a_seal_that_openssl_verifies(
    stack: RunningStack, browsing: Browsing, tmp_path: Path
) -> None:
    document = tmp_path / "secret plan.docx"
    document.write_bytes(SECRET)
    page = browsing.signed_in("member")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.goto("seal/")

    page.get_by_text("Options", exact=False).first.click()
    page.get_by_label("Keep my file here").check()
    expect(page.get_by_label("Reason")).to_be_disabled()
    page.locator("#files").set_input_files(document)
    page.get_by_role("button", name="Seal 1 document").click()
    link = page.get_by_role("link", name="Download secret plan.docx, sealed")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()

    assert download.value.suggested_filename == "secret plan.docx.p7s"
    download.value.save_as(tmp_path / "seal.p7s")
    assert openssl_verifies(tmp_path / "seal.p7s", document, Path(stack.demo["ca_certificate"]))
    bodies = [request.post_data_buffer or b"" for request in sent]
    assert bodies
    assert not any(b"secret that" in body for body in bodies)

    page.goto("documents/")
    page.get_by_role("link", name="secret plan.docx", exact=True).first.click()
    expect(page.get_by_text("the file stayed with you")).to_be_visible()
    expect(page.get_by_text(hashlib.sha256(SECRET).hexdigest())).to_be_visible()


def test_the_written_recipe_embeds_a_seal_in_a_pdf_that_was_never_sent(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "contract.pdf").write_bytes(sample_pdf("A contract that stays here"))

    ran = subprocess.run(
        [sys.executable, ROOT / "docs/recipes/pdf_digest.py", "contract.pdf", "contract-sealed.pdf"],
        cwd=tmp_path,
        env={"SEALPORT_URL": stack.url, "SEALPORT_TOKEN": stack.demo["api_token"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ran.returncode == 0, ran.stderr
    sealed = tmp_path / "contract-sealed.pdf"
    assert sealed.read_bytes().startswith((tmp_path / "contract.pdf").read_bytes())
    assert_validly_sealed(sealed)
