"""What can be said of a seal afterwards, decided from what is on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# How an attempt of a seal that is sealed now ended, and what that means for the signature it may have asked for. What
# refuses a seal ends it, so that it is not among them.
_SIGNED = frozenset({"published", "timestamp_unavailable", "timestamp_too_large"})
_NOT_SIGNED = frozenset({"revocation_unknown"})


def signature_made(outcome: str) -> str:
    """Whether an attempt with this outcome used the one signature that it may ask of the HSM: `yes`, `no` or `perhaps`.

    What ended without a word, or because the HSM did not answer, may have signed: nobody can tell, so it is said.
    """
    if outcome in _SIGNED:
        return "yes"
    return "no" if outcome in _NOT_SIGNED else "perhaps"


def gate_checks(level: str, *, from_digest: bool) -> tuple[str, ...]:
    """What the gate has found to hold of a seal before it was published, as stable words."""
    checks = ["digest", "signature", "certificate", "timestamp"]
    if not from_digest:
        checks.append("original_unchanged")
    if level in {"B-LT", "B-LTA"}:
        checks.append("revocation")
    if level == "B-LTA":
        checks.append("archive_timestamp")
    return tuple(checks)


def receipt_payload(content: Mapping[str, Any]) -> bytes:
    """The bytes of a receipt that are signed: JSON with sorted keys and no spaces, the same for the same content."""
    return json.dumps(dict(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
