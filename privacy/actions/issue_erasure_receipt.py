"""Keeps the proof of an erasure that was carried out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from privacy.models import ErasureLedgerEntry, ErasureReceipt, RetentionItem


def issue_erasure_receipt(*, item: RetentionItem, counts: Mapping[str, int], now: datetime) -> ErasureReceipt:
    """The receipt of an item whose steps are done; asked for twice, the same (D3).

    It knows the subject by the ledger's hash only; `counts` is what went, by name.
    """
    entry = ErasureLedgerEntry.objects.get(item=item)
    known = ErasureReceipt.objects.filter(
        rule=item.rule, subject_hash=entry.subject_hash, made_at__gte=entry.written_at
    )
    content = json.dumps({"rule": item.rule, "counts": dict(counts), "made_at": now.isoformat()}).encode()
    return known.first() or ErasureReceipt.objects.create(
        rule=item.rule,
        subject_hash=entry.subject_hash,
        content=content,
        sha256=sha256(content).hexdigest(),
        made_at=now,
    )
