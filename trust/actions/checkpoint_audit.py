"""Signs the ends of all audit chains that moved: what was written until now cannot be rewritten unnoticed."""

from __future__ import annotations

import base64
import hashlib
import logging
from datetime import datetime

from django.conf import settings

from kernel.audit_chain import canonical, head_leaf, moment, tree
from kernel.audit_checkpoints import ends_in, keep_checkpoint, moved_ends, newest_first
from trust.actions._audit_key import signing_key
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.gateways.audit_exports import exported, write_export
from trust.gateways.receipt_keys import sign_es256
from trust.rules.jws import ALGORITHM, compact, signing_input

TYPE = "sealport-audit-checkpoint"
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
    ends = moved_ends()
    if not ends:
        return None
    last = next(newest_first(), None)
    number = last.number + 1 if last else 1
    root, paths = tree([head_leaf(*end) for end in ends])
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
    kept = keep_checkpoint(number=number, now=now, jws=jws, timestamp=stamped.token, ends=ends, paths=paths)
    return number if kept else None


def _export() -> None:
    """Write what has no file yet. A full disk stops no checkpoint: the next one tries again, and audit_verify tells."""
    try:
        for checkpoint in newest_first():
            known = exported(checkpoint.number)
            if known is not None:
                if known.get("jws") != checkpoint.jws:  # of a database that was replaced by its backup
                    logger.error("The file of checkpoint %s is another's: move it away", checkpoint.number)
                break
            timestamp = base64.b64encode(bytes(checkpoint.timestamp)).decode()
            ends = [
                {"chain": chain, "seq": seq, "hash": digest.hex(), "path": path}
                for (chain, seq, digest), path in ends_in(checkpoint)
            ]
            content = {"number": checkpoint.number, "jws": checkpoint.jws, "timestamp": timestamp, "heads": ends}
            write_export(checkpoint.number, content)
    except OSError as error:
        logger.error("Checkpoints of the audit trail cannot be exported: %s", error)
