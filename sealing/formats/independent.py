"""A second opinion: pyHanko's own AdES validation (ETSI EN 319 102-1), for tests, the doctor and samples.

Slow (tens of milliseconds) and strict; it shares no verification code with `check`. Nothing is fetched.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from asn1crypto import x509
from asn1crypto.cms import ContentInfo
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import (
    AdESWithTimeValidationResult,
    ades_lta_validation,
    ades_with_time_validation,
    simulate_future_ades_lta_validation,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from .keys import ValidationMaterial
from .reading import stored_material

AFTER_EXPIRY: Final = timedelta(days=1)


@dataclass(frozen=True)
class IndependentVerdict:
    """One signature's result.

    `sub_indication` is by EN 319 102-1; `intact` that the signed bytes are unchanged; `timestamp_at` the time of a
    valid and trusted timestamp, `archived_at` that of the first document timestamp behind it; `modification` what
    happened to the file afterwards (NONE, LTA_UPDATES, FORM_FILLING, ANNOTATIONS or OTHER); `stays_provable` that the
    file's own evidence would still prove the signature after its certificate has expired, if archive timestamps were
    added in time.
    """

    field_name: str
    sub_indication: str
    passed: bool
    intact: bool
    timestamp_at: datetime | None
    archived_at: datetime | None
    modification: str
    stays_provable: bool
    detail: str


def verify_independently(
    path: Path,
    anchors: Sequence[bytes],
    *,
    level: str,
    now: datetime,
    known_certificates: Sequence[bytes] = (),
    later: ValidationMaterial | None = None,
) -> list[IndependentVerdict]:
    """Validate every signature of a PDF as of `now` against the given roots (DER), oldest signature first.

    At B-LT revocation data is required and only that in the file counts; at B-LTA the document timestamps must prove
    that it was there in time, too (EN 319 102-1, 5.6.3); at B-T revocation data is not looked for, and
    `known_certificates` (DER) may complete the chains. `later` is what a validator years from now would fetch about
    the last timestamp's authority.
    """
    with path.open("rb") as stream, _without_log():
        reader = PdfFileReader(stream, strict=False)
        material = (
            stored_material(reader),
            ValidationMaterial(tuple(known_certificates)),
            later or ValidationMaterial(),
        )
        specification = _specification(anchors, material, level=level)
        return [_verdict(each, specification, level, now) for each in reader.embedded_regular_signatures]


@contextmanager
def _without_log() -> Iterator[None]:
    """What pyHanko logs on its way (every try that fails, with a traceback) is in the verdict."""
    logger = logging.getLogger("pyhanko")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _specification(
    anchors: Sequence[bytes], material: tuple[ValidationMaterial, ...], *, level: str
) -> PdfSignatureValidationSpec:
    rule = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED if level != "B-T" else RevocationCheckingRule.NO_CHECK
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([x509.Certificate.load(der) for der in anchors]),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(rule, rule)),
    )
    ocsps = (OCSPResponse.load(der) for part in material for der in part.ocsps)
    knowledge = LocalKnowledge(
        known_certs=[x509.Certificate.load(der) for part in material for der in part.certificates],
        known_ocsps=[each for response in ocsps for each in OCSPContainer.load_multi(response)],
        known_crls=[CRLContainer(CertificateList.load(der)) for part in material for der in part.crls],
    )
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=policy,
            revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
            local_knowledge=knowledge,
        )
    )


async def _validate(
    signature: EmbeddedPdfSignature, specification: PdfSignatureValidationSpec, level: str, now: datetime
) -> AdESWithTimeValidationResult:
    signature.compute_integrity_info(specification.diff_policy)
    timing = ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=False)
    if level == "B-LTA":
        return await ades_lta_validation(signature, specification, timing_info=timing)
    return await ades_with_time_validation(
        signature.signed_data,
        specification.signature_validation_spec,
        timing_info=timing,
        raw_digest=signature.compute_digest(),
        extra_status_kwargs=signature.summarise_integrity_info(),
        status_cls=PdfSignatureStatus,
    )


async def _stays_provable(
    signature: EmbeddedPdfSignature, specification: PdfSignatureValidationSpec, now: datetime
) -> bool:
    later = signature.signer_cert.not_valid_after + AFTER_EXPIRY
    result = await simulate_future_ades_lta_validation(
        signature, specification, future_validation_time=later, current_reference_time=now
    )
    return result.ades_subindic is AdESPassed.OK


def verify_detached_independently(
    cms: bytes, digest: bytes, anchors: Sequence[bytes], *, level: str, now: datetime
) -> str:
    """The sub-indication (EN 319 102-1) of a detached CMS signature over a digest: OK when it is valid."""
    signed_data = ContentInfo.load(cms)["content"]
    choices = signed_data["crls"]
    material = ValidationMaterial(
        certificates=tuple(each.chosen.dump() for each in signed_data["certificates"]),
        ocsps=tuple(each.chosen["other_rev_info"].dump() for each in choices if each.name == "other"),
        crls=tuple(each.chosen.dump() for each in choices if each.name == "crl"),
    )
    timing = ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=False)
    specification = _specification(anchors, (material,), level=level).signature_validation_spec
    with _without_log():
        result = asyncio.run(
            ades_with_time_validation(signed_data, specification, timing_info=timing, raw_digest=digest)
        )
    return "OK" if result.ades_subindic is AdESPassed.OK else str(result.ades_subindic.standard_name)


def _verdict(
    signature: EmbeddedPdfSignature, specification: PdfSignatureValidationSpec, level: str, now: datetime
) -> IndependentVerdict:
    result = asyncio.run(_validate(signature, specification, level, now))
    archived_at = getattr(result, "oldest_evidence_record_timestamp", None)
    status = result.api_status
    stamp = status.timestamp_validity if isinstance(status, PdfSignatureStatus) else None
    return IndependentVerdict(
        field_name=str(signature.field_name),
        sub_indication=str(result.ades_subindic.standard_name),
        passed=result.ades_subindic is AdESPassed.OK and (archived_at is not None or level != "B-LTA"),
        intact=bool(status and status.intact and status.valid),
        timestamp_at=stamp.timestamp if stamp is not None and stamp.valid and stamp.trusted else None,
        archived_at=archived_at,
        modification=getattr(getattr(status, "modification_level", None), "name", "OTHER"),
        stays_provable=level != "B-T" and asyncio.run(_stays_provable(signature, specification, now)),
        detail=str(result.failure_msg or ""),
    )
