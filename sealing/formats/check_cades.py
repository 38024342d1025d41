"""The gate for detached CMS signatures: the result is read again as if a stranger had sent it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from .check_cades_archive import read_archives
from .errors import SealCheckFailed
from .keys import ValidationMaterial
from .proof import check_archives, check_chains, check_timestamp
from .signed_cms import SignedCms, check_signature, parse_signed_cms

REQUIRED_ATTRIBUTES: Final = {"content_type", "message_digest", "signing_certificate_v2", "cms_algorithm_protection"}


@dataclass(frozen=True)
class CheckedDetached:
    """What the gate found to be true: time (UTC) and serial of the timestamp, its certificate as DER.

    `archived_at` is the time of the newest archive timestamp at B-LTA, `newest_authority` the certificate (DER) of the
    timestamp that was made last, `archive_serial` its serial number.
    """

    level: str
    signing_time: datetime | None
    timestamp_at: datetime
    timestamp_serial: str
    timestamp_certificate: bytes
    newest_authority: bytes
    archived_at: datetime | None
    archive_serial: str


def check_detached(
    *,
    cms: bytes,
    digest_algorithm: str,
    digest: bytes,
    certificate: bytes,
    level: str,
    for_pdf: bool,
    trust_anchors: Sequence[bytes],
    timestamped_between: tuple[datetime, datetime],
    known_certificates: Sequence[bytes] = (),
    archived_between: tuple[datetime, datetime] | None = None,
) -> CheckedDetached:
    """Everything a detached seal promises, checked on the finished CMS (DER); raises `SealCheckFailed`.

    It is over exactly that digest, carries no content, has the signed attributes of CAdES or (`for_pdf`) of PAdES and
    no others; the signature is the expected certificate's; the timestamp is over the signature value, genuine and in
    the window; at B-LT the CMS itself proves both chains unrevoked; at B-LTA archive timestamps cover all of this, each
    made while the one before it held, the last `archived_between` (or in the same window). `trust_anchors` are DER
    roots; `known_certificates` are issuers that may help to reach them at B-T.
    """
    try:
        signed = parse_signed_cms(cms)
        _check_shape(signed, digest_algorithm, for_pdf)
        if level == "B-LTA" and digest_algorithm != "sha256":
            raise SealCheckFailed("unexpected digest algorithm")
        if signed.signer_certificate() != certificate:
            raise SealCheckFailed("signed by another certificate")
        check_signature(signed, certificate, digest, "data")
        if signed.signing_time is not None and not _lies_in(timestamped_between, signed.signing_time):
            raise SealCheckFailed("the signing time is out of the window")
        material = ValidationMaterial(signed.certificates, signed.ocsps, signed.crls)
        imprint = sha256(signed.signature).digest()
        stamp = check_timestamp(signed.timestamp_token, imprint, material, timestamped_between)
        chains = ((certificate, signed.certificates), (stamp.authority, stamp.token.certificates))
        at = stamp.facts.generated_at
        check_chains(chains, level, material, at, tuple(trust_anchors), tuple(known_certificates))
        archives = read_archives(cms, digest)
        if bool(archives) != (level == "B-LTA"):
            raise SealCheckFailed("archive timestamps do not fit the level")
        window = archived_between or timestamped_between
        newest = stamp
        if archives:
            newest = check_archives(chains[0], stamp, archives, material, tuple(trust_anchors), window)
    except SealCheckFailed:
        raise
    except Exception as error:
        raise SealCheckFailed("the result cannot be judged") from error
    return CheckedDetached(
        level=level,
        signing_time=signed.signing_time,
        timestamp_at=at,
        timestamp_serial=str(stamp.facts.serial_number),
        timestamp_certificate=stamp.authority,
        newest_authority=newest.authority,
        archived_at=newest.facts.generated_at if archives else None,
        archive_serial=str(newest.facts.serial_number),
    )


def _check_shape(signed: SignedCms, digest_algorithm: str, for_pdf: bool) -> None:
    if signed.content_type != "data" or signed.content:
        raise SealCheckFailed("not a detached signature")
    if signed.digest_algorithm != digest_algorithm:
        raise SealCheckFailed("unexpected digest algorithm")
    expected = REQUIRED_ATTRIBUTES if for_pdf else REQUIRED_ATTRIBUTES | {"signing_time"}
    if set(signed.attribute_types) != expected:
        raise SealCheckFailed("signed attributes are not those of this kind of signature")


def _lies_in(window: tuple[datetime, datetime], moment: datetime) -> bool:
    """Whether a time told in whole seconds lies in the window."""
    return window[0].replace(microsecond=0) <= moment <= window[1]
