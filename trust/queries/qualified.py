"""Whether a certificate is qualified, by the trusted lists that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from trust.gateways.qualification import (
    CertificateUnreadable,
    IssuedBy,
    ReadEntry,
    certificate_verdict,
    issued_by,
    read_listed,
    timestamps_granted,
)
from trust.models import TrustedEntry, TrustedList
from trust.rules.trusted_lists import (
    EIDAS_BEGINS_AT,
    LIST_OF_LISTS,
    Kind,
    QualifiedStatus,
    is_too_old,
    territory_of,
)

__all__ = ["QualifiedStatus", "qualified_status"]


def qualified_status(
    *, certificate: bytes, chain: Sequence[bytes], kind: Kind, at: datetime, now: datetime
) -> QualifiedStatus:
    """Whether a certificate (DER) was qualified for `kind` at the moment `at`; `chain` are its issuers (DER), in any
    order. Qualified is what a granted service made so both when the certificate was issued and at `at` (TS 119 615,
    4.4). Costs two statements; asks nobody. Never raises on strange certificates.
    """
    if not settings.TRUSTED_LISTS_URL:
        return _unknown(_("No trusted lists are kept here."))
    if at < EIDAS_BEGINS_AT:
        return _unknown(_("Trusted lists are read here for times from July 2016 on."))
    try:
        line = issued_by(certificate, chain)
    except CertificateUnreadable:
        return _unknown(_("The certificate cannot be read."))
    if not (keys := line.keys if kind == "timestamp" else line.keys[1:]):
        return _unknown(_("Who issued the certificate is not known."))
    rows = list(
        TrustedEntry.objects.filter(keys__overlap=keys, trusted_list__pointed_at=True)
        .select_related("trusted_list")
        .defer("trusted_list__content", "trusted_list__signers")
        .order_by("id")
    )
    if problem := _lists_fail(rows, line, now):
        return problem
    if kind == "timestamp":
        return _of_timestamp(rows, at)
    return _of_certificate(rows, line, kind, at)


def _lists_fail(rows: Sequence[TrustedEntry], line: IssuedBy, now: datetime) -> QualifiedStatus | None:
    """Why the lists that would have to answer cannot; None when they can."""
    territories = {row.trusted_list.territory for row in rows} or {territory_of(line.country)}
    kept = {
        one.territory: one
        for one in TrustedList.objects.filter(territory__in=[*territories, LIST_OF_LISTS], pointed_at=True).defer(
            "content", "signers"
        )
    }
    lists = kept.get(LIST_OF_LISTS)
    if lists is None or is_too_old(lists.next_update_at, now=now):
        return _unknown(_("The European list of trusted lists is missing or too old."))
    for territory in sorted(territories & kept.keys()):
        if is_too_old(kept[territory].next_update_at, now=now):
            return _unknown(_("The trusted list of %(country)s is missing or too old.") % {"country": territory})
    if any(one.is_test for one in kept.values()):
        return _unknown(_("Only lists for trying out are kept here, and they say nothing about the real world."))
    if not rows:
        answering = kept.get(next(iter(territories)))
        return _no(
            answering, "", _("No service in the trusted lists has issued this certificate, so it is not qualified.")
        )
    return None


def _of_certificate(rows: Sequence[TrustedEntry], line: IssuedBy, kind: Kind, at: datetime) -> QualifiedStatus:
    read = [read_listed(bytes(row.content)) for row in rows]
    then, at_issue = (
        certificate_verdict(line, read, at=moment) for moment in (at, max(line.issued_at, EIDAS_BEGINS_AT))
    )
    place = then.service if then.service is not None else at_issue.service
    row, service = rows[place or 0], read[place or 0]
    if then.service is None or at_issue.service is None:
        return _not_granted(row, service, read)
    if then.fits(kind) and at_issue.fits(kind):
        return _answer(
            row.trusted_list, service.name, _("Qualified by the trusted list."), qualified=True, qscd=then.qscd
        )
    if then.qualified and at_issue.qualified:
        reason = (
            _("The certificate is qualified, but not for seals.")
            if kind == "seal"
            else _("The certificate is qualified, but not for signatures.")
        )
    else:
        reason = _("The service is on the trusted list, but this certificate is not a qualified one.")
    return _no(row.trusted_list, service.name, reason)


def _of_timestamp(rows: Sequence[TrustedEntry], at: datetime) -> QualifiedStatus:
    read = [read_listed(bytes(row.content)) for row in rows]
    for row, service in zip(rows, read, strict=True):
        if timestamps_granted(service, at=at):
            reason = _("A qualified timestamp by the trusted list.")
            return _answer(row.trusted_list, service.name, reason, qualified=True, qscd=None)
    return _not_granted(rows[0], read[0], read)


def _not_granted(row: TrustedEntry, service: ReadEntry, read: Sequence[ReadEntry]) -> QualifiedStatus:
    if not all(one.whole for one in read):
        return _unknown(_("The trusted list says something about this service that cannot be read here."))
    reason = _("The service is on the trusted list, but had no qualified status at that time.")
    return _no(row.trusted_list, service.name, reason)


def _no(answering: TrustedList | None, service: str, reason: str) -> QualifiedStatus:
    return _answer(answering, service, reason, qualified=False, qscd=None)


def _answer(
    answering: TrustedList | None, service: str, reason: str, *, qualified: bool, qscd: bool | None
) -> QualifiedStatus:
    return QualifiedStatus(
        known=True,
        qualified=qualified,
        qscd=qscd,
        country=answering.territory if answering else "",
        service=service,
        list_issued_at=answering.issued_at if answering else None,
        reason=reason,
        sequence_number=answering.sequence_number if answering else None,
    )


def _unknown(reason: str) -> QualifiedStatus:
    return QualifiedStatus(
        known=False, qualified=False, qscd=None, country="", service="", list_issued_at=None, reason=reason
    )
