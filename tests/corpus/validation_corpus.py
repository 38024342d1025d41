"""docs/validation-corpus.md: what the verification says about every file of a collection of real and hostile ones.

`SEALPORT_CORPUS=... python -m tests.corpus.validation_corpus` writes it; a test compares it and fails when it is old.
No root of the files is trusted here, so that intact signatures are indeterminate; a second column tells the verdict of
the day after signing, with the roots that the file brings along.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import time
import warnings
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from pyhanko.pdf_utils.reader import PdfFileReader

from sealing.formats.certificates import is_issued_by
from sealing.formats.errors import UnsealableDocument
from sealing.formats.reading import VERIFICATION_LIMITS, read_document, stored_material
from sealing.formats.sandbox import Sandbox
from sealing.formats.verification.cms import Flawed, read_signers
from sealing.formats.verification.findings import Verification
from sealing.formats.verification.reading import find_signatures
from sealing.formats.verification.trust import Anchors, readable
from sealing.formats.verification.words import ANSWERS, FAILED, INDETERMINATE, PASSED

PAGE = Path(__file__).parents[2] / "docs" / "validation-corpus.md"
LONGEST_SECONDS = 10.0
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOBODY = Anchors((), ())

# What a file's name or origin says about it, where that is more than "signed" or "a document".
EXPECTED: dict[str, tuple[str, str]] = {
    "digidoc4j__3xTST-text-data-file-hash-failure-since-2nd-tst": (FAILED, "a file changed after its first timestamp"),
    "dss__brokenReference": (FAILED, "a digest that is not that of the file"),
    "dss__dss1421-archive-not-cover": (INDETERMINATE, "an archive timestamp that does not fit the signature"),
    "dss__removed-doc": (FAILED, "a document taken out of the signed package"),
    "digidoc4j__REF-03_bdoc21-TS-no-signedpropref": (INDETERMINATE, "properties that nothing signs"),
    "digidoc4j__signed_properties_reference_not_found": (INDETERMINATE, "a reference that leads nowhere"),
    "digidoc4j__TS_broken_TS": (INDETERMINATE, "a broken timestamp"),
    "digidoc4j__extra_file_in_container": (INDETERMINATE, "a file that nobody signed"),
    "digidoc4j__bdoc21-vigane-ocsp": (INDETERMINATE, "a broken answer about the certificate"),
    "digidoc4j__2-mimetypes": (INDETERMINATE, "two files of one name"),
    "dss__multifiles-too-much-files": (INDETERMINATE, "a file that nobody signed"),
    "dss__onefile-wrong-file": (INDETERMINATE, "another file than the one signed"),
    "libdigidocpp__forged_lt": (FAILED, "forged"),
    "dss__DSS-1683": (INDETERMINATE, "signed with SHA-1"),
    "dss__PAdES-BpB-att-SHA256-SHA3_224withRSA": (INDETERMINATE, "two digest algorithms that contradict each other"),
    "dss__Signature-P-SK-1__HASH_FAILURE_": (FAILED, "a hash failure"),
    "dss__fieldmdp-exclude": (INDETERMINATE, "locked fields"),
    "dss__hide": (FAILED, "a shadow attack: something hidden is shown after signing"),
    "dss__replace": (FAILED, "a shadow attack: a form field is overlaid after signing"),
    "dss__modified_after_signature": (FAILED, "modified after signing"),
    "dss__retrieved-modified_after_signature": (INDETERMINATE, "what was there before signing"),
    "dss__pades-signed-annot-added": (FAILED, "an annotation added after signing"),
    "dss__pades-two-sig-copied-tst": (INDETERMINATE, "a timestamp copied from another signature"),
    "dss__pdf-signed-out-of-byteRange": (FAILED, "a byte range that leaves something out"),
    "dss__pdf-spoofing-attack": (FAILED, "a spoofing attack"),
    "dss__pdf-with-two-empty-sigs": (INDETERMINATE, "signatures without a value"),
    "dss__pkcs7-no-message-digest": (INDETERMINATE, "a signature without signed attributes"),
    "dss__pkcs7_sha1": (INDETERMINATE, "signed with SHA-1"),
    "pyHanko__ed448-disallowed-hash": (INDETERMINATE, "Ed448 with a digest it must not be used with"),
    "pyHanko__ed448-shake256-nolen": (INDETERMINATE, "a rare algorithm"),
    "pyHanko__form-update-override-appearance-stream-ap-indirect-sneaky": (FAILED, "an appearance replaced secretly"),
    "pyHanko__weird-byterange": (FAILED, "a byte range of an odd shape"),
}
# Why a verdict is another one.
EXPLAINED: dict[str, str] = {
    "digidoc4j__ocsp_cert_is_not_in_tsl": "The file of the container is not the one whose digest is signed; xmlsec says"
    " so, too.",
    "digidoc4j__signed_properties_reference_not_found": "Besides, the signature value is not of the key: the container"
    " was made by changing a good one by hand.",
    "dss__dss1421-archive-not-cover": "The archive timestamp fails, because its manifest lists the signature with"
    " another digest; the signature by itself is intact.",
    "dss__Signature-P-SK-1__HASH_FAILURE_": "Every digest agrees, in other programs, too: the name is that of a defect"
    " which a validator once had with this file.",
    "dss__hide": "The analysis of what was added cannot read the object that was changed. It does not pass, and is not"
    " called forged without proof.",
    "dss__replace": "The attack is a form field that is filled in after signing, which a plain signature allows. It is"
    " told as a change, with a warning that fields can still be filled in.",
    "dss__pdf-spoofing-attack": "The attack declares an encryption that is none. Nothing of the file is judged.",
    "dss__DSS-2821": "After the document timestamp a later revision replaced the structure tree, which is not among the"
    " additions that a timestamp tolerates.",
    "dss__pkcs7_sha1": "The revision of the second signature rewrote the root of the page tree, where pages could have"
    " been exchanged.",
}
INTRODUCTION = (
    "Written by `python -m tests.corpus.validation_corpus` from a collection of real and hostile files, which is named"
    " by `SEALPORT_CORPUS`; a test compares it. None of these files leads to a root that is trusted here, so that an"
    f" intact signature is `{INDETERMINATE}`, and only proof of harm is `{FAILED}`. The last but one column is the"
    " verdict of the day after signing, with the roots that the file itself brings along."
)
FOLDERS = {"pdf": "a document nobody signed", "asic": "signed", "signed-pdf": "signed"}
SIGNED = {"signed-pdf": "Signed PDF", "asic": "Containers"}
OUTSIDE = {"pdf": "no_signature"}


@dataclass(frozen=True)
class Row:
    """One file: what it should be, and what was found."""

    folder: str
    name: str
    expected: str
    because: str
    found: Verification
    own: Verification | None
    seconds: float

    @property
    def indication(self) -> str:
        return ANSWERS[self.found.code].indication

    @property
    def agrees(self) -> bool:
        return self.indication == self.expected


def examine(root: Path) -> list[Row]:
    """Every file of the collection through the sandbox; nothing is raised on account of a file."""
    with Sandbox() as sandbox:
        return [_row(sandbox, path) for folder in FOLDERS for path in sorted((root / folder).iterdir())]


def _row(sandbox: Sandbox, path: Path) -> Row:
    began = time.monotonic()
    found = sandbox.verify_file(path, NOBODY, NOW)
    seconds = time.monotonic() - began
    expected, because = EXPECTED.get(path.stem, (INDETERMINATE, FOLDERS[path.parent.name]))
    own = _with_its_own_roots(sandbox, path, found) if found.signatures else None
    return Row(path.parent.name, path.name, expected, because, found, own, seconds)


def _with_its_own_roots(sandbox: Sandbox, path: Path, found: Verification) -> Verification:
    carried = _certificates(path)
    roots = [der for der in carried if is_issued_by(der, der)]
    tops = roots or [der for der in carried if not any(is_issued_by(der, other) for other in carried)]
    claims = [each.claimed_at for each in found.signatures if each.claimed_at]
    day_after = max(claims) + timedelta(days=1) if claims else NOW
    return sandbox.verify_file(path, Anchors(tuple(tops), ()), day_after)


def _certificates(path: Path) -> tuple[bytes, ...]:
    with path.open("rb") as stream:
        head = stream.read(4)
        found = _in_container(stream) if head.startswith(b"PK") else _in_pdf(stream)
    with warnings.catch_warnings(action="ignore"):  # serial numbers that are none are strangers' business
        return readable(tuple(found))


def _in_pdf(stream: BinaryIO) -> list[bytes]:
    found: list[bytes] = []

    def read(reader: PdfFileReader) -> None:
        found.extend(stored_material(reader).certificates)
        for part in find_signatures(reader, stream):
            found.extend(_embedded(part.contents))

    with suppress(UnsealableDocument):
        read_document(stream, read, VERIFICATION_LIMITS)
    return found


def _in_container(stream: BinaryIO) -> list[bytes]:
    """Every certificate in a signature, however odd the signature is: wherever base64 or DER can be read as one."""
    found: list[bytes] = []
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(stream) as container:
        for name in container.namelist():
            if name.startswith("META-INF/"):
                content = container.read(name)
                found += _embedded(content)
                for value in re.findall(rb">([A-Za-z0-9+/=\s]{400,})<", content):
                    with suppress(ValueError):
                        der = base64.b64decode(value)
                        found += [der, *_embedded(der)]
    return found


def _embedded(contents: bytes) -> list[bytes]:
    try:
        signers = read_signers(contents)
    except Flawed:
        return []
    inner = [der for each in signers for token in each.tokens for der in _embedded(token)]
    return [der for each in signers for der in (each.certificate, *each.certificates)] + inner


def page(rows: list[Row]) -> str:
    """The page, which depends on the files alone."""
    lines = [
        "# What the verification says about strangers' files",
        "",
        INTRODUCTION,
        "",
    ]
    for folder, title in SIGNED.items():
        lines += [f"## {title}", "", "| File | Said to be | Verdict | With its own roots | Where they differ, why |"]
        lines += ["|---|---|---|---|---|", *(_line(row) for row in rows if row.folder == folder), ""]
    lines += ["## Everything else", "", "| Folder | Files | Verdict |", "|---|---|---|"]
    for folder in OUTSIDE:
        counts = Counter(row.found.code for row in rows if row.folder == folder)
        lines += [f"| {folder} | {count} | {_verdict(code)} |" for code, count in sorted(counts.items())]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    stem = Path(row.name).stem
    expected = row.because if row.because != "signed" or row.found.signatures else "a document"
    own = _verdict(row.own.code) if row.own else ""
    why = "" if row.agrees else EXPLAINED.get(stem, "")
    return f"| {row.name} | {expected}: {row.expected} | {_verdict(row.found.code)} | {own} | {why} |"


def _verdict(code: str) -> str:
    answer = ANSWERS[code]
    sub = f" / {answer.sub_indication}" if answer.indication != PASSED else ""
    return f"{answer.indication}{sub} ({code.replace('_', ' ')})"


def main() -> None:
    """Write the page."""
    rows = examine(Path(os.environ["SEALPORT_CORPUS"]))
    PAGE.write_text(page(rows))
    slowest = sorted(rows, key=lambda row: row.seconds)
    sys.stdout.write(f"{len(rows)} files, median {slowest[len(rows) // 2].seconds * 1000:.0f} ms, ")
    sys.stdout.write(f"slowest {slowest[-1].seconds * 1000:.0f} ms ({slowest[-1].name})\n")
    for row in rows:
        if not row.agrees and Path(row.name).stem not in EXPLAINED:
            sys.stdout.write(f"unexplained: {row.name} is {row.found.code}\n")


if __name__ == "__main__":
    main()
