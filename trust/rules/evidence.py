"""What proves that a certificate could be trusted at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CertificateEvidence:
    """A validated chain and the revocation answers for all of it.

    `certificates`: DER, the certificate itself first, its trust anchor last. `ocsps`: DER `OCSPResponse` (RFC 6960).
    `crls`: DER `CertificateList` (RFC 5280). `checked_at`: when the answers were last verified together;
    `good_until`: until when they may be used; `refresh_due_at`: when the
    first of them is fetched anew.
    """

    certificates: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    checked_at: datetime
    good_until: datetime
    refresh_due_at: datetime
