"""Writes outside the database what only the database knows of erasures."""

from __future__ import annotations

import logging

from privacy.actions._ledger import outside_forms
from privacy.gateways import ledger

logger = logging.getLogger(__name__)


def keep_ledger_outside() -> int:
    """How many entries of the erasure ledger were missing outside and are there now (D3). Not inside a transaction.

    A process that was killed between its commit and the file leaves one behind. Makes the file where there is none, so
    that an entry in the database without any file outside always means that the file was lost. Raises `OSError` when
    nothing can be written: then nothing may be erased.
    """
    missing = ledger.append(outside_forms())
    if missing:
        logger.warning("%d entries of the erasure ledger were missing outside the database", missing)
    return missing
