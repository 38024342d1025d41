"""What the erasure ledger knows of a subject."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import salted_hmac

from privacy.models import ErasureLedgerEntry


def subject_hash(kind: str, subject: str) -> str:
    """The keyed hash (hex) by which the ledger knows a subject; its key is in no backup of the database."""
    salt = f"privacy.ledger/{kind}"
    return salted_hmac(salt, subject, secret=settings.TOKEN_PEPPER, algorithm="sha256").hexdigest()


def entries_of(kinds: Iterable[str], subject: str) -> list[ErasureLedgerEntry]:
    """What was written down of a subject that may be of any of these kinds, oldest first."""
    hashes = [subject_hash(kind, subject) for kind in kinds]
    return list(ErasureLedgerEntry.objects.filter(subject_hash__in=hashes).order_by("written_at", "id"))
