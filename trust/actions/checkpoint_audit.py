"""Signs the ends of all audit chains that moved: what was written until now cannot be rewritten unnoticed."""

from __future__ import annotations

import base64
import hashlib
import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from kernel.audit_chain import canonical, head_leaf, moment, tree
from kernel.models import AuditCheckpoint, AuditCheckpointHead
from trust.actions._audit_key import signing_key
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.gateways.audit_exports import export_path, write_export
from trust.gateways.receipt_keys import sign_es256
from trust.rules.jws import ALGORITHM, compact, signing_input

TYPE = "sealport-audit-checkpoint"
_MOVED = """
    SELECT c.chain, c.seq, c.hash FROM kernel_auditchain c WHERE NOT EXISTS (SELECT FROM kernel_auditcheckpointhead h
        WHERE h.chain = c.chain AND h.seq = c.seq) ORDER BY c.chain
"""
_EXPORTED_LATE = 1_000
logger = logging.getLogger(__name__)


def checkpoint_audit(*, now: datetime) -> int | None:
    """A checkpoint of the chains that moved since the last one; returns its number, None when none moved (clause C3).

    The ends are the leaves of a tree (RFC 6962); its root is signed with the operator's audit key (ES256, RFC 7515)
    and timestamped (RFC 3161), so that each customer's chain is proven without a word on any other. Each checkpoint
    names the hash of the one before. Then it is written outside the database. Must not run inside a transaction.
    Raises `hsm.HsmUnavailable` and `TimestampUnavailable` (outages).
    """
    number = _checkpoint(now)
    _export()
    return number


def _checkpoint(now: datetime) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_MOVED)
        heads = [(chain, seq, bytes(digest)) for chain, seq, digest in cursor.fetchall()]
    if not heads:
        return None
    last = AuditCheckpoint.objects.order_by("-number").first()
    number = last.number + 1 if last else 1
    root, paths = tree([head_leaf(*head) for head in heads])
    statement = {
        "version": 1,
        "number": number,
        "made_at": moment(now),
        "operator": settings.OPERATOR_NAME,
        "previous": hashlib.sha256(last.jws.encode()).hexdigest() if last else "",
        "root": root.hex(),
    }
    key = signing_key(now=now)
    signed = signing_input({"alg": ALGORITHM, "kid": key.id, "typ": TYPE}, canonical(statement))
    jws = compact(signed, sign_es256(key.label, signed))
    stamped = obtain_timestamp(imprint=hashlib.sha256(jws.encode()).digest(), live=True, now=now)
    try:
        with transaction.atomic():
            made = AuditCheckpoint.objects.create(number=number, at=now, jws=jws, timestamp=stamped.token)
            AuditCheckpointHead.objects.bulk_create(
                AuditCheckpointHead(checkpoint=made, chain=chain, seq=seq, hash=digest, path=path)
                for (chain, seq, digest), path in zip(heads, paths, strict=True)
            )
    except IntegrityError:  # another worker was first, and has said it all
        return None
    return number


def _export() -> None:
    """Write what has no file yet. A full disk stops no checkpoint: the next one tries again, and audit_verify tells."""
    newest = AuditCheckpoint.objects.order_by("-number")[:_EXPORTED_LATE]
    try:
        for checkpoint in newest:
            if export_path(checkpoint.number).exists():
                break
            write_export(checkpoint.number, _content(checkpoint))
    except OSError as error:
        logger.error("Checkpoints of the audit trail cannot be exported: %s", error)


def _content(checkpoint: AuditCheckpoint) -> dict[str, Any]:
    return {
        "number": checkpoint.number,
        "jws": checkpoint.jws,
        "timestamp": base64.b64encode(bytes(checkpoint.timestamp)).decode(),
        "heads": [
            {"chain": head.chain, "seq": head.seq, "hash": bytes(head.hash).hex(), "path": head.path}
            for head in checkpoint.heads.order_by("chain")
        ],
    }
