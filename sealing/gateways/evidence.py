"""What a seal's engine knew when it was done and nobody could find out later: the answers it relied on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from trust.actions.ask_authority import Timestamp
from trust.rules.evidence import CertificateEvidence


def captured(
    signer: CertificateEvidence, timestamps: Sequence[Timestamp], *, began: datetime, ended: datetime
) -> dict[str, Any]:
    """The evidence of one seal as JSON: some hundred bytes for each answer, and digests (SHA-256, hex) of the answers.

    Written in the transaction that publishes. Whatever the sealed file or another row tells is left out. `began` and
    `ended` are those of the work before the gate; times are RFC 3339 in UTC.
    """
    return {
        "began_at": _moment(began),
        "ended_at": _moment(ended),
        "certificate": _checked(signer),
        "timestamps": [_timestamp(each) for each in timestamps],
    }


def _timestamp(timestamp: Timestamp) -> dict[str, Any]:
    return {
        "authority": timestamp.authority,
        "serial": timestamp.serial,
        "time": _moment(timestamp.time),
        "policy": timestamp.policy,
        "imprint": timestamp.imprint.hex(),
        "sha256": sha256(timestamp.token).hexdigest(),
        **_checked(timestamp.evidence),
    }


def _checked(evidence: CertificateEvidence) -> dict[str, Any]:
    return {
        "fingerprint": sha256(evidence.certificates[0]).hexdigest(),
        "checked_at": _moment(evidence.checked_at),
        "answers": [*map(_ocsp, evidence.ocsps), *map(_crl, evidence.crls)],
    }


# The same answer serves many seals, so it is read once: these are what a process works with at a time.
@lru_cache(maxsize=32)
def _ocsp(der: bytes) -> dict[str, Any]:
    answer = ocsp.load_der_ocsp_response(der)
    return {
        "kind": "ocsp",
        "responder": _responder(answer),
        "concerns": f"{answer.serial_number:x}",
        "produced_at": _moment(answer.produced_at_utc),
        "this_update": _moment(answer.this_update_utc),
        "next_update": _moment(answer.next_update_utc),
        "sha256": sha256(der).hexdigest(),
    }


@lru_cache(maxsize=8)
def _crl(der: bytes) -> dict[str, Any]:
    crl = x509.load_der_x509_crl(der)
    return {
        "kind": "crl",
        "responder": _common_name(crl.issuer),
        "concerns": "",
        "produced_at": _moment(crl.last_update_utc),
        "this_update": _moment(crl.last_update_utc),
        "next_update": _moment(crl.next_update_utc),
        "sha256": sha256(der).hexdigest(),
    }


def _responder(answer: ocsp.OCSPResponse) -> str:
    """By name (RFC 6960, 4.2.2.3), be it only that of the certificate that came with it; else the digest of its key."""
    if answer.responder_name:
        return _common_name(answer.responder_name)
    if answer.certificates:
        return _common_name(answer.certificates[0].subject)
    return (answer.responder_key_hash or b"").hex()


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
