"""Verifies anybody's signed file (clause A5). The file is read and forgotten."""

from __future__ import annotations

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
from sealing.rules.liability import Liability, liability


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found about a file at `verified_at` (UTC), and what the operator answers for."""

    found: Verification
    liability: Liability
    verified_at: datetime


def verify_document(
    *, content: BinaryIO, now: datetime, declared_value: Decimal | None = None, free: bool = True
) -> Validation:
    """Verify a file as of `now`; for strangers and customers alike. Nothing is fetched and nothing is kept.

    `declared_value` in euros and `free` decide the liability. Refusals: `DocumentEmpty`, `DocumentTooLarge`. Raises
    the outages of `gateways.verification.verify_file`; a file that cannot be judged is an answer, too.
    """
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        path = Path(folder, "document")
        with path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        size = path.stat().st_size
        if not size:
            raise DocumentEmpty
        if size > settings.MAX_DOCUMENT_BYTES:
            raise DocumentTooLarge
        found = verify_file(path, now=now)
    return Validation(found, liability(declared_value, free=free), now)
