"""The outside work of one archive timestamp: evidence, timestamp authority, and the gate before publishing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.errors import Refusal
from sealing.formats.asice import archive_container, newest_container_token
from sealing.formats.cades_archive import archive_cms, newest_token
from sealing.formats.certificates import load_certificate
from sealing.formats.check_archive import CheckedArchive, check_archived_pdf, newest_stamp
from sealing.formats.check_asice import CheckedContainer, ExpectedFile, check_asice
from sealing.formats.check_cades import CheckedDetached, check_detached
from sealing.formats.errors import SealCheckFailed
from sealing.formats.keys import ValidationMaterial
from sealing.formats.pades import archive_pdf
from sealing.formats.signed_cms import parse_signed_cms
from sealing.gateways.engine import (
    CLOCK_TOLERANCE,
    SealCheckRefused,
    joined,
    outages_of_writing,
    room_for_timestamps,
)
from sealing.gateways.preflight import sandbox
from trust.actions.ask_authority import Timestamp
from trust.actions.check_certificate import check_certificate
from trust.actions.collect_evidence import collect_evidence
from trust.actions.foresee_timestamp_evidence import foresee_timestamp_evidence
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.gateways.chains import NotTrusted, trust_anchors
from trust.gateways.revocation import Revoked
from trust.queries import certificate_der
from trust.rules.evidence import CertificateEvidence

# Between the moment that a seal says and its timestamp lies the work of one attempt.
LONGEST_ATTEMPT = timedelta(hours=1)

Stamp = Callable[[bytes], bytes]
Material = Callable[[], ValidationMaterial]
Checked = CheckedArchive | CheckedContainer | CheckedDetached


class TimestampNoLongerProven(Refusal):
    """The certificate of the file's newest timestamp has ended, was revoked, or is not trusted any more."""

    code = "timestamp_no_longer_proven"
    title = gettext_lazy("The newest timestamp in the file can no longer be proven good.")


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A document as it was sealed: name, size in bytes, digest in hexadecimal."""

    name: str
    size: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class ArchiveOrder:
    """A sealed file of this process with what is known about it; `target` will be the archived one."""

    source: Path
    target: Path
    size: int
    sha256: str
    format: str
    level: str
    live: bool
    certificate_id: str
    timestamp_at: datetime
    documents: tuple[SealedFile, ...]


@dataclass(frozen=True, slots=True)
class MadeArchive:
    """An archived file that passed the gate, its new timestamp, and when that one's certificate ends (UTC)."""

    path: Path
    timestamp_authority: str
    timestamp_serial: str
    timestamp_at: datetime
    archived_until: datetime


def make_archive(order: ArchiveOrder, *, clock: Callable[[], datetime]) -> MadeArchive:
    """Prove the newest timestamp good as of now, cover everything with another, and check the result.

    Below B-LTA the signer is proven, too. Raises `TimestampNoLongerProven`, the refusals of `check_certificate`, the
    outages of `trust`, and `SealCheckRefused`.
    """
    began = clock()
    known = [_newest_evidence(order, began)]
    if order.level != "B-LTA":
        known.append(check_certificate(certificate_id=order.certificate_id, now=began))
    if expected := foresee_timestamp_evidence(live=order.live, now=began):
        known.append(expected)
    stamps: list[Timestamp] = []

    def timestamp(imprint: bytes) -> bytes:
        stamps.append(obtain_timestamp(imprint=imprint, live=order.live, now=clock()))
        return stamps[-1].token

    def material() -> ValidationMaterial:
        return joined(*known, *(stamp.evidence for stamp in stamps))

    _WRITERS[order.format](order, timestamp, material, began)
    newest = _pass_gate(order, (began - CLOCK_TOLERANCE, clock() + CLOCK_TOLERANCE))
    until = load_certificate(newest.newest_authority).not_valid_after_utc
    return MadeArchive(order.target, stamps[-1].authority, stamps[-1].serial, stamps[-1].time, until)


def _newest_evidence(order: ArchiveOrder, now: datetime) -> CertificateEvidence:
    token = parse_signed_cms(_TOKENS[order.format](order.source))
    certificate, others = token.signer_certificate(), token.certificates
    try:
        return collect_evidence(certificate=certificate, others=others, live=order.live, now=now)
    except (NotTrusted, Revoked) as error:
        raise TimestampNoLongerProven(str(error)) from error


def _archive_pdf(order: ArchiveOrder, timestamp: Stamp, material: Material, _now: datetime) -> None:
    with outages_of_writing():
        archive_pdf(
            source=order.source,
            target=order.target,
            timestamp=timestamp,
            material=material,
            appearance=newest_stamp(order.source).appearance,
            timestamp_size=room_for_timestamps(),
            prepare=sandbox().prepare,
        )


def _archive_container(order: ArchiveOrder, timestamp: Stamp, material: Material, now: datetime) -> None:
    archive_container(source=order.source, target=order.target, timestamp=timestamp, material=material, archived_at=now)


def _archive_detached(order: ArchiveOrder, timestamp: Stamp, material: Material, _now: datetime) -> None:
    cms, _token = archive_cms(
        cms=order.source.read_bytes(),
        digest=bytes.fromhex(order.documents[0].digest),
        timestamp=timestamp,
        material=material,
    )
    order.target.write_bytes(cms)


_WRITERS = {"pades": _archive_pdf, "asice": _archive_container, "cades": _archive_detached}
_TOKENS: dict[str, Callable[[Path], bytes]] = {
    "pades": lambda path: newest_stamp(path).token,
    "asice": newest_container_token,
    "cades": lambda path: newest_token(path.read_bytes()),
}


def _pass_gate(order: ArchiveOrder, window: tuple[datetime, datetime]) -> Checked:
    try:
        return _CHECKERS[order.format](order, window, (order.timestamp_at - LONGEST_ATTEMPT, order.timestamp_at))
    except SealCheckFailed as failed:
        raise SealCheckRefused(
            _("The finished seal did not pass our check: %(reason)s") % {"reason": failed.reason}
        ) from failed


Window = tuple[datetime, datetime]


def _check_pdf(order: ArchiveOrder, window: Window, _sealed_between: Window) -> Checked:
    return check_archived_pdf(
        archived=order.target,
        previous_size=order.size,
        previous_sha256=order.sha256,
        trust_anchors=trust_anchors(live=order.live),
        archived_between=window,
    )


def _check_container(order: ArchiveOrder, window: Window, sealed_between: Window) -> Checked:
    return check_asice(
        sealed=order.target,
        files=[ExpectedFile(each.name, each.size or 0, each.digest) for each in order.documents],
        certificate=certificate_der(order.certificate_id),
        level="B-LTA",
        trust_anchors=trust_anchors(live=order.live),
        timestamped_between=sealed_between,
        archived_between=window,
    )


def _check_detached(order: ArchiveOrder, window: Window, sealed_between: Window) -> Checked:
    return check_detached(
        cms=order.target.read_bytes(),
        digest_algorithm="sha256",
        digest=bytes.fromhex(order.documents[0].digest),
        certificate=certificate_der(order.certificate_id),
        level="B-LTA",
        for_pdf=False,
        trust_anchors=trust_anchors(live=order.live),
        timestamped_between=sealed_between,
        archived_between=window,
    )


_CHECKERS = {"pades": _check_pdf, "asice": _check_container, "cades": _check_detached}
