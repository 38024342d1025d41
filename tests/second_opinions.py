"""What programs that are not ours say about a sealed PDF."""

from __future__ import annotations

import subprocess
from pathlib import Path


def signatures_by_pdfsig(path: Path) -> list[str]:
    """What poppler's pdfsig says of each signature of a file, oldest first."""
    said = subprocess.run(
        ["pdfsig", "-nocert", path], capture_output=True, text=True, check=False, timeout=60, errors="replace"
    )
    return said.stdout.split("Signature #")[1:]


def assert_validly_sealed(path: Path) -> None:
    """pdfsig finds the newest signature valid and covering the whole file; qpdf finds no fault in the file."""
    assert path.read_bytes().startswith(b"%PDF-"), path
    seal = signatures_by_pdfsig(path)[-1]
    assert "Signature is Valid." in seal, seal
    assert "Total document signed" in seal, seal
    assert "ETSI.CAdES.detached" in seal, seal
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
