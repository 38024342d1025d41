"""What the gates of all formats ask in the same way: is the timestamp genuine, and does the file prove its chains?"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from .certificates import build_chain, is_timestamping_certificate
from .errors import SealCheckFailed
from .evidence import check_not_revoked
from .keys import ValidationMaterial
from .signed_cms import SignedCms, TimestampFacts, check_signature, parse_signed_cms, parse_timestamp

Chain = tuple[bytes, tuple[bytes, ...]]
"""A certificate whose path is wanted, and those that came with it."""


@dataclass(frozen=True)
class CheckedTimestamp:
    """A genuine token: itself, what it states, and the certificate (DER) of the authority that signed it."""

    token: SignedCms
    facts: TimestampFacts
    authority: bytes


def check_timestamp(
    token: bytes, imprint: bytes, material: ValidationMaterial, window: tuple[datetime, datetime]
) -> CheckedTimestamp:
    """The token (DER) is a timestamp of that imprint (SHA-256), made by an authority in the window; else
    `SealCheckFailed`.

    Whether the authority is trusted is `check_chains`' question.
    """
    if not token:
        raise SealCheckFailed("no timestamp")
    signed = parse_signed_cms(token)
    facts = parse_timestamp(signed)
    if facts.imprint_algorithm != "sha256" or facts.imprint != imprint:
        raise SealCheckFailed("the timestamp is over something else")
    authority = signed.signer_certificate(material.certificates)
    if not is_timestamping_certificate(authority):
        raise SealCheckFailed("the timestamp's certificate is not one for timestamps")
    content_digest = hashlib.new(signed.digest_algorithm, signed.content).digest()
    check_signature(signed, authority, content_digest, "tst_info")
    if not window[0] <= facts.generated_at <= window[1]:
        raise SealCheckFailed("the timestamp's time is out of the window")
    return CheckedTimestamp(signed, facts, authority)


@dataclass(frozen=True)
class ArchiveStamp:
    """An archive timestamp as it lies in a file: token (DER), the imprint it must have (SHA-256), and the validation
    material that it covers.
    """

    token: bytes
    imprint: bytes
    material: ValidationMaterial


def check_archives(
    signer: Chain | None,
    stamp: CheckedTimestamp,
    archives: Sequence[ArchiveStamp],
    material: ValidationMaterial,
    anchors: tuple[bytes, ...],
    window: tuple[datetime, datetime],
) -> CheckedTimestamp:
    """Each archive timestamp is genuine, not before the one that it succeeds, and made while that one still held.

    `stamp` is the timestamp before the first, `window` is when the last must have been made. What each covers proves
    the authority before it good at that moment, the first also the signer (None if that was checked before); all
    `material` of the file proves the last one's. Returns the last. Raises `SealCheckFailed`.
    """
    newest, chains = stamp, [signer] if signer is not None else []
    for number, archive in enumerate(archives, start=1):
        limits = window if number == len(archives) else (newest.facts.generated_at, window[1])
        found = check_timestamp(archive.token, archive.imprint, material, limits)
        at = found.facts.generated_at
        if at < newest.facts.generated_at:
            raise SealCheckFailed("the document timestamp is older than the seal's")
        _check_long_term([*chains, (newest.authority, newest.token.certificates)], archive.material, at, anchors)
        newest, chains = found, []
    at = newest.facts.generated_at
    _check_long_term([(newest.authority, newest.token.certificates)], material, at, anchors)
    return newest


def check_chains(
    chains: Sequence[Chain],
    level: str,
    material: ValidationMaterial,
    at: datetime,
    anchors: tuple[bytes, ...],
    known_certificates: tuple[bytes, ...],
) -> None:
    """Every chain leads to an anchor; from B-LT on the file's material alone leads there, each link proven unrevoked.

    `known_certificates` are issuers that may help at B-T. Raises `SealCheckFailed`.
    """
    if level != "B-T":
        _check_long_term(chains, material, at, anchors)
    else:
        for leaf, embedded in chains:
            build_chain(leaf, (*embedded, *known_certificates), anchors, at)


def _check_long_term(
    chains: Sequence[Chain], material: ValidationMaterial, at: datetime, anchors: tuple[bytes, ...]
) -> None:
    if not (material.ocsps or material.crls):
        raise SealCheckFailed("level B-LT asked, no validation material delivered")
    for leaf, embedded in chains:
        chain = build_chain(leaf, (*embedded, *material.certificates), anchors, at)
        for subject, issuer in pairwise(chain):
            check_not_revoked(subject, issuer, material, at)
