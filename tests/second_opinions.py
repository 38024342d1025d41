"""What programs that are not ours say about a sealed PDF or container."""

from __future__ import annotations

import os
import subprocess
import tempfile
import zipfile
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


def assert_validly_contained(path: Path) -> None:
    """unzip finds no fault in the container; xmlsec1 verifies its signature and the digest of each of its files."""
    assert path.read_bytes()[30:69] == b"mimetypeapplication/vnd.etsi.asic-e+zip", path
    tested = subprocess.run(["unzip", "-tqq", path], capture_output=True, text=True, check=False, timeout=60)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as container:
        container.extractall(folder)
        verified = subprocess.run(
            [
                *("xmlsec1", "--verify", "--insecure"),  # whether the certificate is trusted is our gate's question
                *("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "META-INF/signatures0.xml"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def openssl_verifies(seal: Path, document: Path, roots: Path) -> bool:
    """Whether `openssl cms` finds a detached seal valid over a file and leading to one of the roots (PEM)."""
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", seal, "-content", document]
    verified = subprocess.run(
        [*command, "-CAfile", roots, "-purpose", "any", "-out", os.devnull],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return verified.returncode == 0
