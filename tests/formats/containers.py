"""Sealing containers in tests, opening them, and what programs that are not ours say about them."""

import hashlib
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree

from sealing.formats.asice import ContainerFile, ContainerSealOptions, SealedContainer, seal_container
from sealing.formats.check_asice import CheckedContainer, ExpectedFile, check_asice
from sealing.formats.container import SIGNATURES
from tests.formats.pki import Pki

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"


@dataclass(frozen=True)
class Container:
    """A sealed container with everything needed to judge it."""

    path: Path
    files: tuple[ContainerFile, ...]
    result: SealedContainer
    level: str
    algorithm: str
    pki: Pki

    def check(self, **changes: object) -> CheckedContainer:
        """Our gate; `changes` replace what it is told to expect."""
        expected = {
            "sealed": self.path,
            "files": self.expected_files(),
            "certificate": self.pki.signer(self.algorithm).der,
            "level": self.level,
            "trust_anchors": self.pki.anchors,
            "timestamped_between": (self.pki.now - timedelta(seconds=5), self.pki.now + timedelta(seconds=5)),
            "known_certificates": (self.pki.seal_issuer.der, self.pki.time_issuer.der),
        }
        return check_asice(**(expected | changes))

    def expected_files(self) -> list[ExpectedFile]:
        return [
            ExpectedFile(file.name, file.path.stat().st_size, digest)
            for file, digest in zip(self.files, self.result.sha256, strict=True)
        ]

    def parts(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as container:
            return {name: container.read(name) for name in container.namelist()}

    def signature(self) -> etree._Element:
        return etree.fromstring(self.parts()[SIGNATURES])

    def rewritten(self, change: Callable[[dict[str, bytes]], object]) -> "Container":
        """The container with changed parts, in a well-formed ZIP file with right checksums."""
        parts = self.parts()
        change(parts)
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_STORED) as container:
            for name, content in parts.items():
                container.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0)), content)
        return self


def container_of(
    pki: Pki,
    folder: Path,
    contents: Mapping[str, bytes | Path],
    *,
    level: str = "B-LT",
    algorithm: str = "rsa-2048",
    media_type: str = "application/octet-stream",
    **changes,
) -> Container:
    """Seal contents (or files) by name."""
    files = []
    for number, (name, content) in enumerate(contents.items()):
        path = content if isinstance(content, Path) else folder / f"source-{number}"
        if not isinstance(content, Path):
            path.write_bytes(content)
        files.append(ContainerFile(name, media_type, path))
    calls = {
        "key": pki.sealing_key(algorithm),
        "timestamp": pki.timestamp,
        "material": lambda: pki.material(algorithm),
    }
    calls |= {name: changes.pop(name) for name in ("key", "timestamp", "material") if name in changes}
    target = folder / f"sealed-{hashlib.sha256(repr([*contents]).encode()).hexdigest()[:8]}.asice"
    options = ContainerSealOptions(level, pki.now, **changes)
    result = seal_container(files=files, target=target, options=options, **calls)
    return Container(target, tuple(files), result, level, algorithm, pki)


def unpacked(path: Path, folder: Path) -> Path:
    """The container's parts as files, as `unzip` makes them."""
    tested = subprocess.run(["unzip", "-tqq", path], capture_output=True, text=True, check=False, timeout=60)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    with zipfile.ZipFile(path) as container:
        container.extractall(folder)
    return folder


def xmlsec_accepts(folder: Path, anchors: Path, issuers: Path) -> bool:
    """Whether xmlsec1 finds the signature right and every referenced file unchanged in an unpacked container."""
    said = subprocess.run(
        [
            *("xmlsec1", "--verify", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
            *("--trusted-pem", anchors, "--untrusted-pem", issuers),
            str(folder / SIGNATURES),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return said.returncode == 0 and "OK" in said.stderr + said.stdout


def openssl_accepts_timestamp(
    token: bytes, stamped: bytes, folder: Path, anchors: Path, issuers: Path, *, at: datetime | None = None
) -> bool:
    """Whether `openssl ts` finds that the token is a trusted timestamp over those bytes, now or at another time."""
    (folder / "token.der").write_bytes(token)
    (folder / "stamped").write_bytes(stamped)
    said = subprocess.run(
        [
            *("openssl", "ts", "-verify", "-token_in", "-in", "token.der", "-data", "stamped"),
            *("-CAfile", anchors, "-untrusted", issuers),
            *(["-attime", str(int(at.timestamp()))] if at is not None else []),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return said.returncode == 0
