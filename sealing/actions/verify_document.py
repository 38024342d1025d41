"""Verifies anybody's signed file (clause A5). The file is read and forgotten."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from sealing.actions.accept_document import DocumentEmpty, DocumentTooLarge
from sealing.formats.verification.findings import Verification
from sealing.gateways.verification import verify_file
from sealing.queries.qualification import Qualified, qualifications
from sealing.rules.liability import Liability, liability
from trust.actions.lend_evidence import lend_evidence


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found about a file at `verified_at` (UTC), and what the operator answers for.

    `qualified` is about each signature that was found, in their order.
    """

    found: Verification
    qualified: tuple[Qualified, ...]
    liability: Liability
    verified_at: datetime


def verify_document(
    *,
    content: BinaryIO,
    now: datetime,
    document: BinaryIO | None = None,
    digest: bytes = b"",
    declared_value: Decimal | None = None,
    free: bool = True,
) -> Validation:
    """Verify a file as of `now`; for strangers and customers alike. Nothing that a file names is fetched, nothing kept.

    A detached signature is about `document`, or about what has that `digest` (SHA-256, SHA-384 or SHA-512, by its
    size). About certificates of our own, what trust knows counts as if the file carried it. Whether it is qualified,
    the trusted lists that are kept tell. `declared_value` in euros and `free` decide the liability. Refusals:
    `DocumentEmpty`, `DocumentTooLarge`. Raises the outages of
    `gateways.verification.verify_file`; a file that cannot be judged is an answer, too.
    """
    digests = _digests(document) if document is not None else {_BY_SIZE[len(digest)]: digest} if digest else {}
    with tempfile.TemporaryDirectory(prefix="sealport-verify-") as folder:
        path = Path(folder, "document")
        with path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        size = path.stat().st_size
        if not size:
            raise DocumentEmpty
        if size > settings.MAX_DOCUMENT_BYTES:
            raise DocumentTooLarge
        found = verify_file(path, now=now, digests=digests)
        if unproven := _unproven(found):
            lent = lend_evidence(certificates=unproven, now=now)
            found = verify_file(path, now=now, digests=digests, lent=lent) if lent else found
    return Validation(found, qualifications(found, now=now), liability(declared_value, free=free), now)


_BY_SIZE = {32: "sha256", 48: "sha384", 64: "sha512"}
DIGEST_SIZES = frozenset(_BY_SIZE)


def _digests(document: BinaryIO) -> dict[str, bytes]:
    """Every digest that a signature may be about; SHA-1 so that it can be told to be too weak."""
    running = {name: hashlib.new(name, usedforsecurity=False) for name in ("sha1", *_BY_SIZE.values())}
    size = 0
    while piece := document.read(1 << 20):
        size += len(piece)
        for each in running.values():
            each.update(piece)
    if size > settings.MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge
    return {name: each.digest() for name, each in running.items()}


def _unproven(found: Verification) -> set[bytes]:
    """The certificates (DER) of signatures that lack nothing but a chain, or proof that it was not revoked, and
    of their timestamps."""
    codes = {"revocation_unknown", "untrusted"}
    wanted: set[bytes] = set()
    for each in found.signatures:
        stamp = each.timestamp
        if each.code in codes or (stamp is not None and stamp.code in codes):
            wanted |= {each.certificate, *([stamp.certificate] if stamp is not None else [])}
    return wanted
