"""Whether the checkpoints of the audit trail hold, and what they say of each chain."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kernel.audit_chain import head_leaf, root_of
from kernel.audit_checkpoints import End, ends_in, in_order
from kernel.audit_verification import Finding, SignedHead, verify_all
from trust.gateways.audit_exports import exports
from trust.gateways.timestamps import read_token
from trust.models import AuditKey

_CHECKPOINTS = "checkpoints"
_HALF = 32


def verify_audit(*, now: datetime) -> Iterator[tuple[str, list[Finding]]]:
    """Everything about the audit trail that does not hold: first of the checkpoints, then chain by chain (clause C3).

    Must run inside a transaction, best with one snapshot.
    """
    signed, faults = _verified_checkpoints()
    yield _CHECKPOINTS, faults
    yield from verify_all(signed, now=now)


def _verified_checkpoints() -> tuple[dict[str, list[SignedHead]], list[Finding]]:
    """What checkpoints say of each chain, of the database and of the files outside, as far as it was signed."""
    signed: dict[str, list[SignedHead]] = defaultdict(list)
    faults: list[Finding] = []
    keys, known = _public_keys(), {}
    expected, previous = 1, ""
    for checkpoint in in_order():
        number, jws = checkpoint.number, checkpoint.jws
        known[number] = hashlib.sha256(jws.encode()).hexdigest()
        statement = _statement(jws, keys)
        if number != expected:
            faults.append(_fault(expected, f"checkpoints {expected} to {number - 1} are missing"))
        elif statement is not None and statement["previous"] != previous:
            faults.append(_fault(number, "it does not follow the one before"))
        if statement is None or statement["number"] != number:
            faults.append(_fault(number, "its signature does not hold"))
        else:
            if not _stamped(bytes(checkpoint.timestamp), jws):
                faults.append(_fault(number, "its timestamp does not hold"))
            faults += _hold(number, statement, ends_in(checkpoint), signed)
        expected, previous = number + 1, known[number]
    faults += _compare_with_exports(known, keys, signed)
    return signed, faults


def _hold(number: int, statement: dict[str, Any], ends: list[tuple[End, list[str]]], signed: Any) -> list[Finding]:
    """The ends that lead to the signed root are believed."""
    faults = [] if ends else [_fault(number, "the ends of the chains are missing")]
    made_at = datetime.fromisoformat(statement["made_at"])
    for (chain, seq, digest), path in ends:
        if not _leads(path, head_leaf(chain, seq, digest), statement["root"]):
            faults.append(Finding(chain, seq, "checkpoint", f"checkpoint {number} did not sign this end"))
        else:
            signed[chain].append(SignedHead(number, made_at, seq, digest))
    return faults


def _leads(path: list[str], leaf: bytes, root: str) -> bool:
    """Whether a path, which is read from where somebody could have written anything, leads to the root."""
    try:
        return root_of(leaf, path).hex() == root
    except (ValueError, TypeError, IndexError):
        return False


def _compare_with_exports(known: dict[int, str], keys: dict[str, EllipticCurvePublicKey], signed: Any) -> list[Finding]:
    """What was written outside the database is believed more than the database, if it was signed."""
    faults, seen = [], set()
    for number, content in exports():
        seen.add(number)
        statement = _statement(content["jws"], keys) if content else None
        if content is None or statement is None or statement["number"] != number:
            faults.append(_fault(number, "its file outside the database does not hold"))
            continue
        if known.get(number) != hashlib.sha256(content["jws"].encode()).hexdigest():
            faults.append(_fault(number, "the database has none, or another one, than the file outside"))
        ends = [((head["chain"], head["seq"], bytes.fromhex(head["hash"])), head["path"]) for head in content["heads"]]
        faults += _hold(number, statement, ends, signed)
    if missing := sorted(known.keys() - seen):
        faults.append(_fault(missing[0], f"{len(missing)} checkpoints have no file outside the database"))
    return faults


def _public_keys() -> dict[str, EllipticCurvePublicKey]:
    keys = {}
    for row in AuditKey.objects.all():
        try:
            key = load_der_public_key(bytes(row.public_key))
        except ValueError:  # somebody changed it: what it signed holds no more
            continue
        if isinstance(key, EllipticCurvePublicKey):
            keys[str(row.id)] = key
    return keys


def _statement(jws: str, keys: dict[str, EllipticCurvePublicKey]) -> dict[str, Any] | None:
    """What an audit key has signed; None for everything else."""
    try:
        protected, payload, signature = jws.split(".")
        header, raw = json.loads(_decoded(protected)), _decoded(signature)
        halves = (int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big"))
        if header["alg"] != "ES256" or header["typ"] != "sealport-audit-checkpoint":
            return None
        keys[header["kid"]].verify(encode_dss_signature(*halves), f"{protected}.{payload}".encode(), ECDSA(SHA256()))
        return dict(json.loads(_decoded(payload)))
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return None


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _stamped(token: bytes, jws: str) -> bool:
    """Whether a timestamp token is over these bytes and holds. Its authority was asked for trust when it came."""
    facts = read_token(token, live=True)
    return (
        facts is not None
        and facts.imprint == hashlib.sha256(jws.encode()).digest()
        and facts.signed
        and facts.digest_matches
        and facts.signer_named
    )


def _fault(number: int, detail: str) -> Finding:
    return Finding(_CHECKPOINTS, number, "checkpoint", detail)
