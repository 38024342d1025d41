"""Chains from a certificate to the operator's trust anchors (RFC 5280, section 6)."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from asn1crypto import pem, x509
from django.conf import settings
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from trust.gateways.process_cache import ProcessCache

Result = TypeVar("Result")


class NotTrusted(Exception):
    """No valid chain to a trust anchor at the moment asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class TrustedPath:
    """A validated chain: DER, the certificate first, its anchor last; valid at any moment from..until, inclusive."""

    certificates: tuple[bytes, ...]
    valid_from: datetime
    valid_until: datetime


def trust_anchors(*, live: bool) -> tuple[bytes, ...]:
    """The anchors (DER) of TRUST_ANCHORS or TEST_TRUST_ANCHORS, each a PEM file with one or more certificates."""
    path = settings.TRUST_ANCHORS if live else settings.TEST_TRUST_ANCHORS
    if not path:
        return ()
    key = (path, Path(path).stat().st_mtime_ns)
    found = _anchors.get(key)
    if found is None:
        found = tuple(certificates_in(Path(path).read_bytes()))
        _anchors.put(key, found)
    return found


def certificates_in(text: bytes) -> list[bytes]:
    """The certificates (DER) of a PEM text, in their order; a lone DER certificate too. Raises ValueError."""
    if not pem.detect(text):
        return [bytes(x509.Certificate.load(text, strict=True).dump())]
    blocks = [der for label, _headers, der in pem.unarmor(text, multiple=True) if label == "CERTIFICATE"]
    for der in blocks:
        x509.Certificate.load(der, strict=True)
    return blocks


def trusted_path(certificate: bytes, others: Iterable[bytes], *, live: bool, moment: datetime) -> TrustedPath:
    """The chain from a certificate to an anchor, through `others` where needed, valid at `moment`.

    Revocation is not looked at. Remembered per process: a chain valid then is valid for all of its validity.
    Raises NotTrusted.
    """
    anchors = trust_anchors(live=live)
    key = (sha256(certificate).digest(), anchors)
    known = _paths.get(key)
    if known is None or not known.valid_from <= moment <= known.valid_until:
        known = _build(certificate, others, anchors, moment)
        _paths.put(key, known)
    return known


def finish(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that waits for nothing outside; works inside and outside an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    raise RuntimeError("the coroutine waits for something outside")


def _build(certificate: bytes, others: Iterable[bytes], anchors: tuple[bytes, ...], moment: datetime) -> TrustedPath:
    if not anchors:
        raise NotTrusted("There are no trust anchors.")
    leaf = x509.Certificate.load(certificate, strict=True)
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(anchor) for anchor in anchors],
        other_certs=[x509.Certificate.load(other, strict=True) for other in others],
        moment=moment,
    )
    try:
        path = finish(CertificateValidator(leaf, validation_context=context).async_validate_path())
    except (PathError, ValidationError) as error:
        raise NotTrusted(str(error)) from error
    chain = list(path.iter_certs(include_root=True))
    bounded = chain[1:] or chain  # an anchor is trusted by decision, not by its dates (RFC 5280, 6.1)
    return TrustedPath(
        certificates=tuple(bytes(one.dump()) for one in reversed(chain)),
        valid_from=max(one.not_valid_before for one in bounded),
        valid_until=min(one.not_valid_after for one in bounded),
    )


_anchors: ProcessCache[tuple[bytes, ...]] = ProcessCache()
_paths: ProcessCache[TrustedPath] = ProcessCache()
