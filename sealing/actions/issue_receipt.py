"""Gives out the operator's signed receipt for a seal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from sealing.models import Seal, SealReceipt
from sealing.queries.evidence import ArchivingView, SealEvidence, evidence
from sealing.queries.seals import DocumentDeleted
from sealing.rules.evidence import receipt_payload
from trust.actions.sign_receipt import sign_receipt

VERSION = 1


def issue_receipt(*, actor: Actor, seal_id: str, now: datetime) -> str:
    """The receipt of a sealed seal as a compact JWS (RFC 7515), signed at the first request and the same from then on.

    Once the file was archived it is signed anew, with each archiving and the digest of the file before it. Of two
    first requests at once one is kept, and both get it; of documents that are deleted meanwhile none is. Raises
    `Forbidden`, `NotFound`, `NotSealedYet`, `DocumentDeleted`, and at a first request `hsm.HsmUnavailable` (an outage).
    """
    found = evidence(actor, seal_id)
    if issued := SealReceipt.objects.filter(seal_id=found.seal.id).first():
        return issued.jws
    jws = sign_receipt(payload=receipt_payload(_content(actor.customer, found, now)), now=now)
    kept = _keep(actor, found, jws, now)
    return kept or issue_receipt(actor=actor, seal_id=seal_id, now=now)


def _keep(actor: Actor, found: SealEvidence, jws: str, now: datetime) -> str | None:
    """The receipt that is kept from now on; None when the file was archived while this one was being signed.

    The seal is held as by those who delete or archive it, so that each of them finds the receipt, or this finds them.
    """
    with transaction.atomic():
        seal = Seal.objects.select_for_update().get(id=found.seal.id)
        if seal.deleted_at:
            raise DocumentDeleted
        if seal.sha256 != found.seal.sealed_sha256:
            return None
        receipt, created = SealReceipt.objects.get_or_create(seal=seal, defaults={"jws": jws, "issued_at": now})
        if created:
            audit.record(actor=actor, action="receipt.issued", now=now, subject=seal.id)
    return receipt.jws


def _content(customer_id: str, found: SealEvidence, now: datetime) -> dict[str, Any]:
    seal = found.seal
    return {
        "version": VERSION,
        "operator": settings.OPERATOR_NAME,
        "issuer": settings.BASE_URL,
        "customer": customer_id,
        "seal": seal.id,
        "status": seal.status,
        "live": seal.live,
        "format": seal.format,
        "level": seal.level,
        "documents": [
            {"digest_algorithm": each.digest_algorithm, "digest": each.digest, "size": each.size}
            for each in seal.documents
        ],
        "sealed_file": {"sha256": seal.sealed_sha256, "size": seal.sealed_size},
        "certificate": {"fingerprint": found.certificate.fingerprint, "serial": found.certificate.serial},
        "timestamp": {
            "authority": seal.timestamp_authority,
            "serial": seal.timestamp_serial,
            "time": _moment(seal.timestamp_at),
        },
        "archivings": [_archiving(each) for each in found.archivings],
        "accepted_at": _moment(seal.accepted_at),
        "sealed_at": _moment(seal.sealed_at),
        "attempts": len(found.attempts),
        "billable": seal.billable,
        "usage_event": _usage_event(found),
        "invoice_line": None,
        "issued_at": _moment(now),
    }


def _archiving(made: ArchivingView) -> dict[str, Any]:
    return {
        "timestamp": {"authority": made.authority, "serial": made.serial, "time": _moment(made.time)},
        "holds_until": _moment(made.until),
        "file_before": {"sha256": made.sha256_before, "size": made.size_before},
    }


def _usage_event(found: SealEvidence) -> dict[str, Any] | None:
    metered = found.metered
    if metered is None:
        return None
    return {
        "id": metered.id,
        "meter": metered.meter,
        "quantity": metered.quantity,
        "occurred_at": _moment(metered.occurred_at),
        "late": metered.late,
        "billing_period": {"starts_at": _moment(metered.period_start), "ends_at": _moment(metered.period_end)},
        "plan": metered.plan_code,
        "prices_from": metered.prices_from.isoformat(),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
