"""The outside work of one seal: sandbox, certificate, HSM, timestamp authority, and the gate before publishing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from kernel.clock import legal_zone
from kernel.errors import Outage, Refusal
from sealing.formats.asice import ContainerFile, ContainerSealOptions, seal_container
from sealing.formats.cades import seal_digest
from sealing.formats.certificates import load_certificate
from sealing.formats.check import check_sealed_pdf
from sealing.formats.check_asice import ExpectedFile, check_asice
from sealing.formats.check_cades import check_detached
from sealing.formats.errors import CODES, SealCheckFailed, TimestampTooLarge, UnsealableDocument
from sealing.formats.keys import SealingKey, ValidationMaterial
from sealing.formats.lettering import writable
from sealing.formats.pades import TIMESTAMP_SIZE, PdfSealOptions, seal_pdf
from sealing.formats.sandbox import SandboxUnavailable
from sealing.formats.visible import VisibleSeal, qr_modules
from sealing.gateways.evidence import captured
from sealing.gateways.preflight import sandbox
from sealing.rules.appearance import MARGIN_POINTS, Appearance
from trust.actions.ask_authority import Timestamp
from trust.actions.check_certificate import check_certificate
from trust.actions.foresee_timestamp_evidence import foresee_timestamp_evidence
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.gateways import hsm
from trust.gateways.chains import trust_anchors
from trust.queries import SealingCertificate
from trust.rules.evidence import CertificateEvidence

# How far the timestamp may lie outside the time of our own work: the tolerance of `trust` for an authority's clock.
CLOCK_TOLERANCE = timedelta(seconds=5)

VERIFY_PATH = "/verify/"  # where a QR code leads, printed for years

# Tokens of one authority differ by some bytes: serial number, nonce and ECDSA signature are numbers of varying length.
SPARE_ROOM = 256

_last_evidence: dict[bool, CertificateEvidence] = {}
_room = [TIMESTAMP_SIZE]  # bytes left for timestamp tokens, as large as was ever needed in this process


class DocumentUnsealable(Refusal):
    """The document itself cannot be sealed; `code` is one of `sealing.formats.errors.CODES`."""

    def __init__(self, code: str) -> None:
        super().__init__(_(CODES[code]))
        self.code = code  # type: ignore[misc]  # one class for a table of codes


class SealCheckRefused(Refusal):
    """What we made did not pass our own check, so nobody gets it and nothing is charged."""

    code = "seal_check_failed"


class TimestampOutgrewItsPlace(Outage):
    """The authority's token is larger than ever before; the next attempt leaves room for it.

    Not tried again at once: a second signature needs an attempt of its own on record.
    """

    code = "timestamp_too_large"


class EngineUnavailable(Outage):
    """The sandbox in which documents are read cannot be started on this machine."""

    code = "engine_unavailable"


@dataclass(frozen=True, slots=True)
class Source:
    """A document to be sealed: a file of this process, or only its digest (in hexadecimal); size in bytes, if known."""

    path: Path | None
    name: str
    media_type: str
    size: int | None
    digest: str
    digest_algorithm: str = "sha256"


@dataclass(frozen=True, slots=True)
class SealOrder:
    """Everything that was fixed when the seal was accepted. `target` is a file of this process."""

    sources: tuple[Source, ...]
    target: Path
    format: str
    level: str
    certificate: SealingCertificate
    reason: str
    location: str
    contact: str
    certify: bool
    appearance: Appearance | None = None

    @property
    def from_digest(self) -> bool:
        """Whether the seal is made over a digest alone, so that what comes back is a detached signature."""
        return self.sources[0].path is None


@dataclass(frozen=True, slots=True)
class MadeSeal:
    """A sealed file that passed the gate, the timestamp of its signature, and what `evidence.captured` keeps."""

    path: Path
    timestamp_authority: str
    timestamp_serial: str
    timestamp_at: datetime
    evidence: dict[str, Any]
    archived_until: datetime | None


def make_seal(order: SealOrder, *, clock: Callable[[], datetime]) -> MadeSeal:
    """One transaction of clause A1: check the certificate, seal in the HSM, attach a qualified timestamp.

    Raises `DocumentUnsealable`, the refusals and outages of `trust`, and `SealCheckRefused`.
    """
    began = clock()
    signer = check_certificate(certificate_id=order.certificate.id, now=began)
    stamps: list[Timestamp] = []

    def timestamp(imprint: bytes) -> bytes:
        stamps.append(obtain_timestamp(imprint=imprint, live=order.certificate.live, now=clock()))
        return stamps[-1].token

    def material() -> ValidationMaterial:
        expected = None if stamps else _expected_authority(order.certificate.live, began)
        return joined(signer, *(stamp.evidence for stamp in stamps), *([expected] if expected else []))

    try:
        _writer(order)(order, _key(order), timestamp, material, began)
    except UnsealableDocument as unsealable:
        raise DocumentUnsealable(unsealable.code) from unsealable
    _last_evidence[order.certificate.live] = stamps[-1].evidence
    ended = clock()
    newest = load_certificate(_pass_gate(order, stamps, began, ended))
    archived_until = newest.not_valid_after_utc if order.level == "B-LTA" else None
    evidence = captured(signer, stamps, began=began, ended=ended)
    return MadeSeal(order.target, stamps[0].authority, stamps[0].serial, stamps[0].time, evidence, archived_until)


Write = Callable[["SealOrder", SealingKey, Callable[[bytes], bytes], Callable[[], ValidationMaterial], datetime], None]


def _writer(order: SealOrder) -> Write:
    if order.from_digest:
        return _write_detached
    return _write_pdf if order.format == "pades" else _write_container


def _write_detached(
    order: SealOrder,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    began: datetime,
) -> None:
    sealed = seal_digest(
        digest=bytes.fromhex(order.sources[0].digest),
        key=key,
        timestamp=timestamp,
        material=material,
        level=order.level,
        signed_at=None if order.format == "pades" else began,
    )
    order.target.write_bytes(sealed.cms)


def _write_pdf(
    order: SealOrder,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    began: datetime,
) -> None:
    with outages_of_writing():
        seal_pdf(
            source=_path(order.sources[0]),
            target=order.target,
            key=key,
            timestamp=timestamp,
            material=material,
            options=_options(order, began),
            prepare=sandbox().prepare,
        )


@contextmanager
def outages_of_writing() -> Iterator[None]:
    """What goes wrong with a PDF on our own side is an outage: `TimestampOutgrewItsPlace`, `EngineUnavailable`."""
    try:
        yield
    except TimestampTooLarge as too_large:
        leave_room(too_large.needed)
        raise TimestampOutgrewItsPlace(_("The timestamp needs more room; it will be made.")) from too_large
    except SandboxUnavailable as unavailable:
        raise EngineUnavailable(_("Our own engine cannot be started; we were alerted.")) from unavailable


def _write_container(
    order: SealOrder,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: Callable[[], ValidationMaterial],
    began: datetime,
) -> None:
    """The files are not looked into: whatever they are, they are copied and digested."""
    seal_container(
        files=[ContainerFile(source.name, source.media_type, _path(source)) for source in order.sources],
        target=order.target,
        key=key,
        timestamp=timestamp,
        material=material,
        options=ContainerSealOptions(order.level, began, role=_reason(order), place=order.location),
    )


def room_for_timestamps() -> int:
    """Bytes to leave for a timestamp token."""
    return max(_room)


def leave_room(needed: int) -> None:
    """Leave room for a token of that many bytes from now on."""
    _room.append(needed + SPARE_ROOM)


def _path(source: Source) -> Path:
    if source.path is None:
        raise ValueError("this format needs the document itself")
    return source.path


def _expected_authority(live: bool, now: datetime) -> CertificateEvidence | None:
    """Who answered last will most likely answer next; its evidence, known before, is covered by the seal itself."""
    evidence = _last_evidence.get(live)
    if evidence and evidence.good_until > now:
        return evidence
    return foresee_timestamp_evidence(live=live, now=now)


def joined(*parts: CertificateEvidence) -> ValidationMaterial:
    """All evidence as one, each piece once."""
    return ValidationMaterial(
        certificates=tuple(dict.fromkeys(der for part in parts for der in part.certificates)),
        ocsps=tuple(dict.fromkeys(der for part in parts for der in part.ocsps)),
        crls=tuple(dict.fromkeys(der for part in parts for der in part.crls)),
    )


def _key(order: SealOrder) -> SealingKey:
    certificate, digest_algorithm = order.certificate, order.sources[0].digest_algorithm
    return SealingKey(
        certificate=certificate.certificate,
        chain=certificate.chain,
        algorithm=certificate.key_algorithm,
        sign=lambda tbs: hsm.sign(certificate.key_label, certificate.key_algorithm, tbs, digest_algorithm),
        digest_algorithm=digest_algorithm,
    )


def _options(order: SealOrder, now: datetime) -> PdfSealOptions:
    return PdfSealOptions(
        level=order.level,
        signed_at=now,
        certify=order.certify,
        reason=_reason(order),
        location=order.location,
        contact=order.contact,
        name=_marked(order, _common_name(order.certificate.certificate)),
        timestamp_size=room_for_timestamps(),
        visible=_visible(order, now),
    )


def _visible(order: SealOrder, now: datetime) -> VisibleSeal | None:
    """What the seal shows, with the time of this attempt; a test seal says so there, too."""
    asked = order.appearance
    if asked is None:
        return None
    moment = now.astimezone(legal_zone())
    text = asked.filled(
        name=writable(_common_name(order.certificate.certificate)),
        date=moment.date().isoformat(),
        time=f"{moment:%H:%M:%S} {moment.isoformat()[-6:]}",
    )
    return VisibleSeal(
        page=asked.page,
        box=asked.box,
        place=asked.place,
        size=asked.size,
        margin=MARGIN_POINTS,
        text=_marked(order, text),
        logo=asked.logo,
        modules=qr_modules(settings.BASE_URL + VERIFY_PATH) if asked.qr else (),
    )


def _reason(order: SealOrder) -> str:
    return _marked(order, order.reason)


def _marked(order: SealOrder, text: str) -> str:
    """A test seal says so wherever a reader looks."""
    return text if order.certificate.live else f"TEST {text}".strip()


def _common_name(certificate: bytes) -> str:
    names = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _pass_gate(order: SealOrder, stamps: list[Timestamp], began: datetime, ended: datetime) -> bytes:
    """The certificate (DER) of the newest timestamp in the file that has passed."""
    authorities = tuple(der for stamp in stamps for der in stamp.evidence.certificates)
    try:
        return _checker(order)(
            order,
            (began - CLOCK_TOLERANCE, ended + CLOCK_TOLERANCE),
            (*order.certificate.chain, *authorities),
        )
    except SealCheckFailed as failed:
        raise SealCheckRefused(
            _("The finished seal did not pass our check: %(reason)s") % {"reason": failed.reason}
        ) from failed


def _checker(order: SealOrder) -> Callable[[SealOrder, tuple[datetime, datetime], tuple[bytes, ...]], bytes]:
    if order.from_digest:
        return _check_detached
    return _check_pdf if order.format == "pades" else _check_container


def _check_detached(
    order: SealOrder, window: tuple[datetime, datetime], known_certificates: tuple[bytes, ...]
) -> bytes:
    source = order.sources[0]
    return check_detached(
        cms=order.target.read_bytes(),
        digest_algorithm=source.digest_algorithm,
        digest=bytes.fromhex(source.digest),
        certificate=order.certificate.certificate,
        level=order.level,
        for_pdf=order.format == "pades",
        trust_anchors=trust_anchors(live=order.certificate.live),
        timestamped_between=window,
        known_certificates=known_certificates,
    ).newest_authority


def _check_pdf(order: SealOrder, window: tuple[datetime, datetime], known_certificates: tuple[bytes, ...]) -> bytes:
    return check_sealed_pdf(
        sealed=order.target,
        original_size=order.sources[0].size or 0,
        original_sha256=order.sources[0].digest,
        certificate=order.certificate.certificate,
        level=order.level,
        trust_anchors=trust_anchors(live=order.certificate.live),
        timestamped_between=window,
        known_certificates=known_certificates,
        visible=_visible(order, window[0] + CLOCK_TOLERANCE),
    ).newest_authority


def _check_container(
    order: SealOrder, window: tuple[datetime, datetime], known_certificates: tuple[bytes, ...]
) -> bytes:
    return check_asice(
        sealed=order.target,
        files=[ExpectedFile(source.name, source.size or 0, source.digest) for source in order.sources],
        certificate=order.certificate.certificate,
        level=order.level,
        trust_anchors=trust_anchors(live=order.certificate.live),
        timestamped_between=window,
        known_certificates=known_certificates,
    ).newest_authority
