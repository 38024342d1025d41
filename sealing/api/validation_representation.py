"""A validation as the API tells it, for programs and for the public page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from sealing.actions.verify_document import Validation
from sealing.formats.facts import WARNINGS
from sealing.formats.verification.certificates import Holder
from sealing.formats.verification.findings import SignatureFinding, TimestampFinding
from sealing.formats.verification.words import ANSWERS, CHANGES, CONTAINER_WARNINGS, INDICATIONS, NOTES
from sealing.queries.qualification import Qualified
from sealing.rules.liability import STATEMENTS, Liability
from sealing.rules.qualification import BY_THE_LIST, REASONS, STATUSES, Qualification

SUPPORTED_FORMATS = ["pdf", "asic-e", "asic-s", "cms"]


class Verdict(serializers.Serializer):
    indication = serializers.ChoiceField(list(INDICATIONS), help_text="ETSI EN 319 102-1.")
    sub_indication = serializers.CharField(help_text="ETSI EN 319 102-1; empty when passed.")
    code = serializers.ChoiceField(list(ANSWERS), help_text="Why, as a stable code.")
    explanation = serializers.CharField()
    test = serializers.BooleanField(help_text="True when trust rests on a TEST root: worth nothing outside of tests.")


class CertificateHolder(serializers.Serializer):
    name = serializers.CharField()
    organization = serializers.CharField()
    organization_identifier = serializers.CharField()
    country = serializers.CharField()
    subject = serializers.CharField()
    issuer = serializers.CharField()
    serial = serializers.CharField(help_text="Hexadecimal.")
    not_before = serializers.DateTimeField()
    not_after = serializers.DateTimeField()
    fingerprint = serializers.CharField(help_text="SHA-256.")
    qualified = serializers.BooleanField(
        help_text="What the certificate claims; for what trusted lists say see `qualification`."
    )
    secure_device = serializers.BooleanField(help_text="As above.")
    purpose = serializers.CharField(help_text="seal, signature, website or empty. As above.")


class QualificationRepresentation(serializers.Serializer):
    """What the trusted lists say."""

    status = serializers.ChoiceField(list(STATUSES), help_text="unknown: this says nothing, neither way.")
    kind = serializers.ChoiceField(["seal", "signature", "timestamp"], help_text="What it is, or is not, qualified as.")
    code = serializers.ChoiceField([BY_THE_LIST, *REASONS], help_text="Why, as a stable code.")
    explanation = serializers.CharField()
    certificate_qualified = serializers.BooleanField(allow_null=True, help_text="At `as_of`; null: not known.")
    secure_device = serializers.BooleanField(allow_null=True, help_text="Is its key in a qualified device?")
    as_of = serializers.DateTimeField(allow_null=True, help_text="The best proven time of it, else now.")
    country = serializers.CharField(help_text="Of the list that decided, as in TS 119 612 (EL, UK); else empty.")
    service = serializers.CharField(help_text="The trust service, as the list names it.")
    list_issued_at = serializers.DateTimeField(allow_null=True)
    list_number = serializers.IntegerField(allow_null=True)


class SignatureTimestamp(Verdict):
    time = serializers.DateTimeField()
    serial = serializers.CharField()
    authority = CertificateHolder()
    qualification = QualificationRepresentation()


class CodedText(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField()


class ValidatedSignature(Verdict):
    """One signature, countersignature or timestamp; in a PDF the oldest first."""

    field = serializers.CharField(help_text="Where it lies: a form field of a PDF, a part of a container.")
    kind = serializers.ChoiceField(["signature", "countersignature", "timestamp"])
    format = serializers.CharField(help_text="PAdES, PKCS7, XAdES, CAdES or RFC3161.")
    level = serializers.CharField(help_text="B-B, B-T, B-LT or B-LTA, as far as its parts are there and intact.")
    signer = CertificateHolder(allow_null=True)
    claimed_at = serializers.DateTimeField(allow_null=True, help_text="What the signer wrote.")
    proven_at = serializers.DateTimeField(allow_null=True, help_text="It existed then, by a trusted timestamp.")
    timestamp = SignatureTimestamp(allow_null=True)
    covers_whole_file = serializers.BooleanField()
    covers = serializers.ListField(child=serializers.CharField(), help_text="Files of a container that it is over.")
    changes = serializers.ChoiceField(list(CHANGES), help_text="What came after it.")
    changes_explanation = serializers.CharField()
    permits = serializers.IntegerField(allow_null=True, help_text="1 to 3 when it certifies the document (DocMDP).")
    digest_algorithm = serializers.CharField()
    signature_algorithm = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField(), help_text="Subjects up to the trust anchor.")
    notes = CodedText(many=True)
    qualification = QualificationRepresentation(help_text="By the trusted lists; not by what the certificate claims.")


class ValidatedFile(serializers.Serializer):
    """A file in a container."""

    name = serializers.CharField()
    size = serializers.IntegerField()
    covered = serializers.BooleanField(help_text="False when no intact signature or timestamp is over it.")


class ValidatedDocument(serializers.Serializer):
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    revisions = serializers.IntegerField(help_text="Of a PDF.")
    format = serializers.CharField(help_text="PDF, ASiC-E, ASiC-S, CMS, or empty when it was not recognised.")
    files = ValidatedFile(many=True, help_text="What lies in a container.")


class LiabilityStatement(serializers.Serializer):
    code = serializers.CharField(help_text=f"One of {', '.join(STATEMENTS)}.")
    limit = serializers.DecimalField(14, 2, help_text="Euros.")
    declared_value = serializers.DecimalField(14, 2, allow_null=True)
    statement = serializers.CharField()


class ValidationRepresentation(Verdict):
    """The verdict about a file, which is that of its worst signature."""

    verified_at = serializers.DateTimeField()
    supported_formats = serializers.ListField(child=serializers.CharField())
    document = ValidatedDocument()
    signatures = ValidatedSignature(many=True)
    warnings = CodedText(many=True)
    liability = LiabilityStatement()


def represent_validation(validation: Validation) -> dict[str, Any]:
    """The JSON object of `ValidationRepresentation`, in the reader's language."""
    found = validation.found
    return _verdict(found.code, test=found.test) | {
        "verified_at": validation.verified_at,
        "supported_formats": SUPPORTED_FORMATS,
        "document": {
            "size": found.size,
            "sha256": found.sha256,
            "revisions": found.revisions,
            "format": found.form,
            "files": [asdict(each) for each in found.files],
        },
        "signatures": [_signature(*each) for each in zip(found.signatures, validation.qualified, strict=True)],
        "warnings": _texts(found.warnings, WARNINGS | CONTAINER_WARNINGS),
        "liability": _liability(validation.liability),
    }


def _texts(codes: tuple[str, ...], sentences: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "text": _(sentences[code])} for code in codes]


def _verdict(code: str, *, test: bool) -> dict[str, Any]:
    answer = ANSWERS[code]
    explanation = _(answer.sentence)
    if test:
        explanation += " " + _("This rests on a TEST certificate or TEST timestamp, which proves nothing in earnest.")
    return {
        "indication": answer.indication,
        "sub_indication": answer.sub_indication,
        "code": code,
        "explanation": explanation,
        "test": test,
    }


def _signature(found: SignatureFinding, qualified: Qualified) -> dict[str, Any]:
    return _verdict(found.code, test=found.test) | {
        "field": found.field_name,
        "kind": found.kind,
        "format": found.format,
        "level": found.level,
        "signer": _holder(found.signer),
        "claimed_at": found.claimed_at,
        "proven_at": found.proven_at,
        "timestamp": _timestamp(found.timestamp, qualified.timestamp),
        "covers_whole_file": found.covers_everything,
        "covers": list(found.covers),
        "changes": found.changes,
        "changes_explanation": _(CHANGES[found.changes]),
        "permits": found.permits,
        "digest_algorithm": found.digest_algorithm,
        "signature_algorithm": found.signature_algorithm,
        "path": list(found.path),
        "notes": _texts(found.notes, NOTES),
        "qualification": _qualification(qualified.signature),
    }


def _holder(holder: Holder | None) -> dict[str, Any] | None:
    return asdict(holder) if holder else None


def _timestamp(found: TimestampFinding | None, qualified: Qualification | None) -> dict[str, Any] | None:
    if found is None or qualified is None:
        return None
    verdict = _verdict(found.code, test=found.test)
    return verdict | {
        "time": found.at,
        "serial": found.serial,
        "authority": _holder(found.authority),
        "qualification": _qualification(qualified),
    }


def _qualification(found: Qualification) -> dict[str, Any]:
    answer = found.answer
    return {
        "status": found.status,
        "kind": found.kind,
        "code": found.code,
        "explanation": answer.reason if answer and found.code == BY_THE_LIST else _(REASONS[found.code]),
        "certificate_qualified": answer.qualified if answer and answer.known else None,
        "secure_device": answer.qscd if answer else None,
        "as_of": found.as_of,
        "country": answer.country if answer else "",
        "service": answer.service if answer else "",
        "list_issued_at": answer.list_issued_at if answer else None,
        "list_number": answer.sequence_number if answer else None,
    }


def _liability(found: Liability) -> dict[str, Any]:
    values = {"declared": f"€{found.declared_value or 0:,.2f}", "limit": f"€{found.limit:,.2f}"}
    return {
        "code": found.code,
        "limit": f"{found.limit:.2f}",
        "declared_value": None if found.declared_value is None else f"{found.declared_value:.2f}",
        "statement": _(STATEMENTS[found.code]) % values,
    }
