"""Lends what is known about certificates of ours and of our timestamp authorities to whoever verifies a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from trust.actions.collect_evidence import RevocationUnknown, collect_evidence
from trust.gateways.chains import NotTrusted
from trust.gateways.revocation import Revoked
from trust.models import SealCertificate, TimestampAuthority
from trust.rules.evidence import CertificateEvidence


def lend_evidence(*, certificates: Collection[bytes], now: datetime) -> list[CertificateEvidence]:
    """The evidence for those of the certificates (DER) that were issued for seals here or sign our timestamps.

    Kept answers first; others are asked only at the hosts that the operator allows, and never about a certificate that
    is not ours. What cannot be proven now is left out.
    """
    found = []
    for der, others, live in _known(certificates):
        try:
            found.append(collect_evidence(certificate=der, others=others, live=live, now=now))
        except (NotTrusted, Revoked, RevocationUnknown):
            continue
    return found


def _known(certificates: Collection[bytes]) -> Iterator[tuple[bytes, Sequence[bytes], bool]]:
    fingerprints = [sha256(der).hexdigest() for der in certificates]
    for certificate in SealCertificate.objects.filter(fingerprint__in=fingerprints):
        yield certificate.der, certificate.issuers, certificate.live
    for authority in TimestampAuthority.objects.filter(signer__in=certificates):
        yield bytes(authority.signer or b""), [bytes(one) for one in authority.signer_chain], authority.live
