"""A report on a seal as the API tells it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from sealing.actions.report_on_seal import NOT_VERIFIABLE, SealReport
from sealing.api.representation import Cause, SealDocument, represent_document
from sealing.api.validation_representation import ValidationRepresentation, represent_validation
from sealing.queries.evidence import ArchivingView
from trust.rules.certificates import CertificateFacts

_CERTIFICATE = (
    *("subject", "issuer", "serial", "fingerprint", "not_before", "not_after", "key_algorithm"),
    *("qualified", "for_electronic_seal", "on_secure_device"),
)


class Asker(serializers.Serializer):
    id = serializers.CharField(help_text="Of the member or the API token.")
    name = serializers.CharField(help_text="As it was then.")


class SealedFile(serializers.Serializer):
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()


class RevocationAnswer(serializers.Serializer):
    kind = serializers.ChoiceField(["ocsp", "crl"])
    responder = serializers.CharField(help_text="Who answered.")
    concerns = serializers.CharField(help_text="Serial of the certificate that it is about; empty for a list.")
    produced_at = serializers.DateTimeField()
    this_update = serializers.DateTimeField()
    next_update = serializers.DateTimeField(allow_null=True)
    sha256 = serializers.CharField(help_text="Of the answer (DER).")


class SealCertificateUsed(serializers.Serializer):
    subject = serializers.CharField()
    issuer = serializers.CharField()
    serial = serializers.CharField(help_text="Hexadecimal.")
    fingerprint = serializers.CharField(help_text="SHA-256.")
    not_before = serializers.DateTimeField()
    not_after = serializers.DateTimeField()
    key_algorithm = serializers.CharField()
    qualified = serializers.BooleanField(help_text="It says so itself (QcCompliance).")
    for_electronic_seal = serializers.BooleanField(help_text="As above (QcType).")
    on_secure_device = serializers.BooleanField(help_text="As above (QcSSCD).")
    checked_at = serializers.DateTimeField(allow_null=True, help_text="When the answers were last verified.")
    answers = RevocationAnswer(many=True)


class TimestampUsed(serializers.Serializer):
    authority = serializers.CharField()
    serial = serializers.CharField(help_text="Hexadecimal.")
    time = serializers.DateTimeField()
    policy = serializers.CharField()
    imprint = serializers.CharField(help_text="SHA-256 that it covers.")
    sha256 = serializers.CharField(help_text="Of the token (DER).")
    fingerprint = serializers.CharField(help_text="SHA-256 of the authority's certificate.")
    checked_at = serializers.DateTimeField()
    answers = RevocationAnswer(many=True)


class FileBefore(serializers.Serializer):
    sha256 = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)


class ArchivingMade(serializers.Serializer):
    authority = serializers.CharField()
    serial = serializers.CharField(help_text="Hexadecimal.")
    time = serializers.DateTimeField()
    holds_until = serializers.DateTimeField(allow_null=True, help_text="When its certificate ends.")
    sha256 = serializers.CharField(help_text="Of the file that came of it.")
    file_before = FileBefore(help_text="The file that it was added to; the first is the one that was delivered.")


class Steps(serializers.Serializer):
    accepted_at = serializers.DateTimeField()
    began_at = serializers.DateTimeField(allow_null=True, help_text="Of the attempt that succeeded.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Signed and timestamped; next came the gate.")
    sealed_at = serializers.DateTimeField()


class Attempt(serializers.Serializer):
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(help_text="published, or the code of what stopped it.")
    signature = serializers.ChoiceField(["yes", "no", "perhaps"], help_text="Whether the HSM signed for it.")


class Gate(serializers.Serializer):
    """The check that every file passes before anybody gets it."""

    verdict = serializers.CharField(help_text="Always passed: nothing else is delivered.")
    checks = serializers.ListField(
        child=serializers.CharField(),
        help_text="digest, signature, certificate, timestamp, original_unchanged, revocation, archive_timestamp.",
    )


class ReportRepresentation(serializers.Serializer):
    """What is on record about a seal, and what a verification of its file says now."""

    seal = serializers.CharField()
    reported_at = serializers.DateTimeField()
    format = serializers.CharField()
    level = serializers.CharField()
    live = serializers.BooleanField()
    engine = serializers.CharField()
    requested_by = Asker()
    documents = SealDocument(many=True)
    sealed_file = SealedFile()
    certificate = SealCertificateUsed()
    timestamps = TimestampUsed(many=True)
    archived_until = serializers.DateTimeField(
        allow_null=True, help_text="At B-LTA: until when the newest archive timestamp holds."
    )
    archivings = ArchivingMade(many=True, help_text="Archive timestamps added since it was delivered, oldest first.")
    steps = Steps()
    attempts = Attempt(many=True)
    gate = Gate()
    billable = serializers.BooleanField()
    usage_event = serializers.IntegerField(allow_null=True)
    document_needed = serializers.BooleanField(
        help_text="Whoever verifies the seal needs the document with it, or its digest."
    )
    validation = ValidationRepresentation(allow_null=True)
    not_verified = Cause(allow_null=True, help_text=f"Why there is no validation: {', '.join(NOT_VERIFIABLE)}.")


def represent_report(report: SealReport) -> dict[str, Any]:
    """The JSON object of `ReportRepresentation`, in the reader's language."""
    found = report.evidence
    seal = found.seal
    return {
        "seal": seal.id,
        "reported_at": report.reported_at,
        "format": seal.format,
        "level": seal.level,
        "live": seal.live,
        "engine": found.engine_version,
        "requested_by": {"id": found.requested_by, "name": seal.requested_by_name},
        "documents": [represent_document(each) for each in seal.documents],
        "sealed_file": {
            "media_type": seal.result_media_type,
            "size": seal.sealed_size,
            "sha256": seal.sealed_sha256,
        },
        "certificate": {
            **_certificate(found.certificate),
            "checked_at": found.certificate_checked_at,
            "answers": [asdict(each) for each in found.answers],
        },
        "timestamps": [asdict(each) for each in found.timestamps],
        "archived_until": seal.archived_until,
        "archivings": [_archiving(each) for each in found.archivings],
        "steps": {
            "accepted_at": seal.accepted_at,
            "began_at": found.began_at,
            "ended_at": found.ended_at,
            "sealed_at": seal.sealed_at,
        },
        "attempts": [asdict(each) for each in found.attempts],
        "gate": {"verdict": "passed", "checks": list(found.gate_checks)},
        "billable": seal.billable,
        "usage_event": found.metered.id if found.metered else None,
        "document_needed": found.document_needed,
        "validation": represent_validation(report.validation) if report.validation else None,
        "not_verified": {"code": report.reason, "detail": report.reason_text} if report.reason else None,
    }


def _archiving(made: ArchivingView) -> dict[str, Any]:
    return {
        "authority": made.authority,
        "serial": made.serial,
        "time": made.time,
        "holds_until": made.until,
        "sha256": made.sha256,
        "file_before": {"sha256": made.sha256_before, "size": made.size_before},
    }


def _certificate(facts: CertificateFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in _CERTIFICATE}
