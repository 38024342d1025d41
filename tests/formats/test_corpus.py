"""Every PDF of a collection of real and hostile files ends sealed and valid, or refused with a documented code."""

import os
import subprocess
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops

from sealing.formats.errors import CODES, UnsealableDocument
from sealing.formats.facts import WARNINGS
from sealing.formats.visible import VisibleSeal
from tests.formats.conftest import is_valid_for_pdfsig, pdfsig_blocks, qpdf_status

LONGEST_SECONDS = 30
CORNER = VisibleSeal(page=-1, box=(20.0, 40.0, 60.0, 30.0), text="Sealed")
FOLDERS = ("pdf", "signed-pdf")


def documents() -> list[Path]:
    root = os.environ.get("SEALPORT_CORPUS")
    return sorted(path for folder in FOLDERS for path in Path(root, folder).glob("*.pdf")) if root else []


def verdicts_of(path: Path) -> Counter[tuple[str, str]]:
    """What pdfsig says about each signature, without what depends on the length of the file."""
    lines = (line for block in pdfsig_blocks(path) for line in block.splitlines())
    return Counter(line.strip() for line in lines if "Signature Validation" in line)


@pytest.mark.corpus
@pytest.mark.timeout(1800)
def test_every_document_of_the_corpus_is_sealed_validly_or_refused_with_a_code(seal, sandbox, capsys):
    paths = documents()
    assert paths, "SEALPORT_CORPUS names no folder with pdf/ and signed-pdf/"
    outcomes: Counter[str] = Counter()
    table: list[tuple[str, str, str]] = []
    for path in paths:
        began = time.monotonic()
        outcome, remark = examine(path, seal, sandbox)
        assert time.monotonic() - began < LONGEST_SECONDS, path
        outcomes[outcome] += 1
        table.append((f"{path.parent.name}/{path.name}", outcome, remark))
    with capsys.disabled():
        print()
        for name, outcome, remark in table:
            print(f"{name:84s} {outcome:22s} {remark}")
        print(dict(outcomes))
    assert outcomes.keys() <= {*CODES, "sealed"}
    assert outcomes["sealed"] > len(paths) * 0.8


def examine(path: Path, seal, sandbox) -> tuple[str, str]:
    """Seal one document and ask everybody about the result."""
    try:
        facts = sandbox.inspect_pdf(path)
    except UnsealableDocument as refusal:
        return refusal.code, refusal.detail[:60]
    sealed = seal(path, prepare=sandbox.prepare)
    assert set(facts.warnings) <= WARNINGS.keys()
    sealed.check()
    field = sealed.result.field_name
    assert is_valid_for_pdfsig(sealed.path, field), path
    assert qpdf_status(sealed.path) in {0, qpdf_status(path)}, path
    before, after = verdicts_of(path), verdicts_of(sealed.path)
    assert not before - after, f"an earlier signature of {path} got worse"
    remark = " ".join([*facts.warnings, facts.pdfa, f"{len(facts.signatures)} signatures" if facts.signatures else ""])
    return "sealed", f"{remark} {second_opinion(sealed, field)}".strip()


def second_opinion(sealed, field: str) -> str:
    try:
        verdict = next(each for each in sealed.verdicts() if each.field_name == field)
    except (ValueError, AttributeError) as error:
        if not sealed.result.earlier_signatures:
            raise
        return f"(pyHanko cannot read the earlier signatures: {type(error).__name__})"
    assert verdict.passed, verdict
    assert verdict.stays_provable, verdict
    return ""


@pytest.mark.corpus
@pytest.mark.timeout(1800)
def test_a_seal_is_shown_where_it_was_ordered_on_every_last_page_however_it_is_turned(seal, sandbox, tmp_path):
    compared: Counter[int] = Counter()
    for number, path in enumerate(documents()):
        turned, degrees = tmp_path / f"{number}.pdf", 90 * (number % 4)
        if not turn_last_page(path, turned, degrees) or (before := drawn(turned)) is None:
            continue
        try:
            sealed = seal(turned, prepare=sandbox.prepare, visible=CORNER)
        except UnsealableDocument:
            continue  # which ones, and why, is told above
        sealed.check()
        assert is_valid_for_pdfsig(sealed.path, sealed.result.field_name), path
        after = drawn(sealed.path)
        assert after is not None
        assert after.size == before.size, path
        changed = ImageChops.difference(before, after).convert("L").point(lambda value: 255 * (value > 40)).getbbox()
        assert changed is not None, path
        left, top, right, bottom = changed
        assert 37 <= left < right <= 163, (path, changed)
        assert 77 <= top < bottom <= 143, (path, changed)
        compared[degrees] += 1
    assert len(compared) == 4
    assert compared.total() > 60


def turn_last_page(path: Path, target: Path, degrees: int) -> bool:
    """A copy whose last page is turned by that much more, if the file can be copied at all and is not large."""
    try:
        with pikepdf.open(path) as opened:
            opened.pages[-1].rotate(degrees, relative=True)
            opened.pages[-1].UserUnit = 1  # poppler knows no other
            if "/AcroForm" in opened.Root:
                opened.Root.AcroForm.NeedAppearances = False  # it would draw no signature field
            opened.save(target)
    except (pikepdf.PdfError, IndexError, ValueError):
        return False
    return path.stat().st_size < 2_000_000


def drawn(path: Path) -> Image.Image | None:
    """The last page at 144 dots per inch as poppler shows it, if it can."""
    with pikepdf.open(path) as opened:
        page = str(len(opened.pages))
    command = ["pdftoppm", "-cropbox", "-r", "144", "-f", page, "-l", page, str(path)]
    found = subprocess.run(command, capture_output=True, check=False, timeout=60).stdout
    return Image.open(BytesIO(found)) if found else None
