import hashlib
from pathlib import Path

import pytest

from tests.formats.documents import CATALOG, PAGE, PAGES, pdf

MEBIBYTE = 1 << 20


def peak_memory() -> int:
    """The highest resident size of this process since `reset_peak`, in bytes."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@pytest.fixture
def large(tmp_path) -> Path:
    path = tmp_path / "large.pdf"
    size = 100 * MEBIBYTE
    path.write_bytes(pdf([CATALOG, PAGES, PAGE, b"<</Length %d>>\nstream\n%s\nendstream" % (size, bytes(size))]))
    return path


def test_a_hundred_megabytes_are_sealed_and_checked_without_holding_them_in_memory(seal, sandbox, large):
    seal(pdf()).check()
    sandbox.inspect_pdf(large)
    reset_peak()
    before = peak_memory()
    sealed = seal(large, prepare=sandbox.prepare)
    checked = sealed.check()
    assert peak_memory() - before < 10 * MEBIBYTE
    assert checked.size > 100 * MEBIBYTE
    with sealed.path.open("rb") as stream:
        assert checked.sha256 == hashlib.file_digest(stream, "sha256").hexdigest()
