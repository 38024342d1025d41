"""Could a stranger's certificate be trusted at a moment? Paths by RFC 5280, revocation by the material at hand."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from sealing.formats.certificates import is_issued_by, is_timestamping_certificate, is_valid_at, load_certificate
from sealing.formats.errors import SealCheckFailed
from sealing.formats.evidence import revocation_state
from sealing.formats.keys import ValidationMaterial

from .cms import CLUMSY, Flawed

LARGEST_POOL: Final = 200
SIGNING_USAGES: Final = {"digital_signature", "non_repudiation"}


@dataclass(frozen=True)
class Anchors:
    """The roots (DER) that count: `live` ones, and `test` ones whose verdicts are marked as tests."""

    live: tuple[bytes, ...]
    test: tuple[bytes, ...]


@dataclass(frozen=True)
class Standing:
    """A trusted path, the certificate first and its anchor last (DER); `test` when the anchor is only one for tests."""

    path: tuple[bytes, ...]
    test: bool


def check_trust(
    certificate: bytes,
    material: ValidationMaterial,
    anchors: Anchors,
    at: datetime,
    *,
    timestamp_at: datetime | None = None,
) -> Standing:
    """The certificate was valid, trusted, meant for this and not revoked at that moment; raises `Flawed`.

    `material.certificates` may lie between it and an anchor. `timestamp_at` is given for an authority's certificate:
    it must still be valid at `at`, but answers about it need only be as young as the timestamp. That is what lets a
    file of level B-LT be verified for years.
    """
    path = _path(certificate, material.certificates[:LARGEST_POOL], anchors, at)
    if not (is_timestamping_certificate(certificate) if timestamp_at else _may_sign(certificate)):
        raise Flawed("unfit_chain")
    for subject, issuer in pairwise(path):
        state = _state(subject, issuer, material, timestamp_at or at)
        if state.revoked_at is not None and state.revoked_at <= at:
            raise Flawed("revoked" if subject == certificate else "issuer_revoked")
        if not state.known:
            raise Flawed("revocation_unknown")
    return Standing(path, path[-1] not in anchors.live)


def is_provable(certificate: bytes, material: ValidationMaterial, at: datetime) -> bool:
    """Whether the material leads upwards as far as it goes and speaks about every link, whoever is trusted.

    A level is a property of the file: B-LT carries its proof even where nobody trusts its root.
    """
    subject = certificate
    for _ in range(LARGEST_POOL):
        if is_issued_by(subject, subject):
            return True
        issuer = next((der for der in material.certificates if der != subject and is_issued_by(subject, der)), None)
        if issuer is None:
            return subject != certificate
        if not _state(subject, issuer, material, at).known:
            return False
        subject = issuer
    return False


def _state(subject: bytes, issuer: bytes, material: ValidationMaterial, at: datetime) -> Any:
    try:
        return revocation_state(subject, issuer, material, at)
    except CLUMSY as error:
        raise Flawed("revocation_unknown") from error


def _path(certificate: bytes, others: tuple[bytes, ...], anchors: Anchors, at: datetime) -> tuple[bytes, ...]:
    roots = _parsed((*anchors.live, *anchors.test))
    if not roots:
        raise Flawed("untrusted")
    context = ValidationContext(trust_roots=list(roots), other_certs=list(_parsed(others)), moment=at)
    try:
        validator = CertificateValidator(_load(certificate), validation_context=context)
        path: ValidationPath = _finish(validator.async_validate_path())
    except PathBuildingError as error:
        raise Flawed("untrusted") from error
    except NotYetValidError as error:
        raise Flawed("unfit_chain" if is_valid_at(certificate, at) else "not_yet_valid") from error
    except ExpiredError as error:
        raise Flawed("expired") from error
    except (PathError, ValidationError, *CLUMSY) as error:
        raise Flawed("unfit_chain") from error
    return tuple(each.dump() for each in reversed(list(path.iter_certs(include_root=True))))


def _parsed(certificates: tuple[bytes, ...]) -> tuple[x509.Certificate, ...]:
    return tuple(_load(der) for der in certificates)


@lru_cache(maxsize=1024)
def _load(der: bytes) -> x509.Certificate:
    """Names and extensions are read once and remembered in the object."""
    return x509.Certificate.load(der)


def _may_sign(certificate: bytes) -> bool:
    usage = _load(certificate).key_usage_value
    return usage is None or bool(SIGNING_USAGES & usage.native)


def readable(certificates: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Those that are certificates at all, each once."""
    return tuple(der for der in dict.fromkeys(certificates) if _is_readable(der))


@lru_cache(maxsize=1024)
def _is_readable(der: bytes) -> bool:
    try:
        load_certificate(der)
        x509.Certificate.load(der, strict=True)
    except (SealCheckFailed, ValueError):
        return False
    return True


def _finish(coroutine: Coroutine[Any, Any, ValidationPath]) -> ValidationPath:
    """Run a coroutine that waits for nothing outside: nothing is fetched."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        path: ValidationPath = done.value
        return path
    coroutine.close()
    raise RuntimeError("a verification waits for something outside")
