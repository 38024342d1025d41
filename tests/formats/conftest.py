"""Fixtures for the seal engine: an infrastructure in memory, and the tools that judge the results."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sealing.formats.check import CheckedSeal, check_sealed_pdf
from sealing.formats.independent import IndependentVerdict, verify_independently
from sealing.formats.keys import ValidationMaterial
from sealing.formats.pades import PdfSealOptions, SealedPdf, seal_pdf
from sealing.formats.sandbox import Sandbox
from tests.formats.pki import Pki, build_pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return build_pki()


@pytest.fixture(scope="session")
def sandbox():
    with Sandbox() as running:
        yield running


@dataclass(frozen=True)
class Sealed:
    """A sealed file with everything needed to judge it."""

    source: Path
    path: Path
    result: SealedPdf
    options: PdfSealOptions
    algorithm: str
    pki: Pki

    def check(self, **changes: object) -> CheckedSeal:
        """Our gate; `changes` replace what it is told to expect."""
        expected = {
            "sealed": self.path,
            "original_size": self.result.original_size,
            "original_sha256": self.result.original_sha256,
            "certificate": self.pki.signer(self.algorithm).der,
            "level": self.options.level,
            "trust_anchors": self.pki.anchors,
            "timestamped_between": (self.pki.now - timedelta(seconds=5), self.pki.now + timedelta(seconds=5)),
            "known_certificates": (self.pki.time_issuer.der,),
            "visible": self.options.visible,
        }
        return check_sealed_pdf(**(expected | changes))

    def verdicts(
        self, *, at: datetime | None = None, later: ValidationMaterial | None = None
    ) -> list[IndependentVerdict]:
        """The second opinion on every signature of the file, now or years from now."""
        return verify_independently(
            self.path,
            self.pki.anchors,
            level=self.options.level,
            now=at or datetime.now(UTC),
            known_certificates=(self.pki.time_issuer.der,),
            later=later,
        )


@pytest.fixture
def seal(pki: Pki, tmp_path: Path) -> Callable[..., Sealed]:
    """Seal bytes or a file: `seal(data, level=..., algorithm=..., **options)`."""
    counter = iter(range(1000))

    def run(source: bytes | Path, *, level: str = "B-LT", algorithm: str = "rsa-2048", **changes) -> Sealed:
        number = next(counter)
        if isinstance(source, bytes):
            path = tmp_path / f"{number}-source.pdf"
            path.write_bytes(source)
        else:
            path = source
        calls = {
            "key": pki.sealing_key(algorithm),
            "timestamp": pki.timestamp,
            "material": lambda: pki.material(algorithm),
        }
        calls |= {name: changes.pop(name) for name in ("key", "timestamp", "material", "prepare") if name in changes}
        options = replace(PdfSealOptions(level=level, signed_at=pki.now), **changes)
        target = tmp_path / f"{number}-sealed.pdf"
        result = seal_pdf(source=path, target=target, options=options, **calls)
        return Sealed(path, target, result, options, algorithm, pki)

    return run


def pdfsig_blocks(path: Path) -> list[str]:
    """What poppler's pdfsig says about each signature (certificates are not its business here)."""
    report = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False, timeout=60, errors="replace"
    )
    return report.stdout.split("\nSignature #")[1:]


def qpdf_status(path: Path) -> int:
    """qpdf --check: 0 clean, 3 warnings, 2 errors."""
    return subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False, timeout=60).returncode


def is_valid_for_pdfsig(path: Path, field_name: str) -> bool:
    """Whether pdfsig finds that signature valid and covering the whole file."""
    return is_intact_for_pdfsig(path, field_name) and covers_everything_for_pdfsig(path, field_name)


def is_intact_for_pdfsig(path: Path, field_name: str) -> bool:
    """Whether pdfsig finds that signature valid, whatever follows it."""
    return "Signature is Valid" in _pdfsig_block(path, field_name)


def covers_everything_for_pdfsig(path: Path, field_name: str) -> bool:
    """Whether pdfsig says that nothing follows what that signature or document timestamp covers."""
    return "Total document signed" in _pdfsig_block(path, field_name)


def _pdfsig_block(path: Path, field_name: str) -> str:
    (block,) = [block for block in pdfsig_blocks(path) if f"Signature Field Name: {field_name}\n" in block]
    return block
