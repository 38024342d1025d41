"""Whether the erasure ledger outside the database can be written, and says what the database says (D3)."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.gateways import ledger
from privacy.models import ErasureLedgerEntry


@dataclass(frozen=True, slots=True)
class LedgerHealth:
    """`entries` are in both; `unknown` only outside, which awaits a replay; `unkept` only in the database."""

    entries: int
    unknown: int
    unkept: int


def ledger_health() -> LedgerHealth:
    """Compare both, by the ids. Raises `OSError` where nothing can be written outside: then nothing is erased."""
    inside = set(ErasureLedgerEntry.objects.values_list("id", flat=True))
    if not inside or ledger.mark() is not None:
        ledger.append(())  # a file that was lost is not made here: it would look as if it had always been empty
    outside = {each["id"] for each in ledger.entries()}
    return LedgerHealth(len(outside & inside), len(outside - inside), len(inside - outside))
