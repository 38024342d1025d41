"""Has revocation answers fetched before they are needed, so that sealing finds them ready and revocations early."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from kernel import jobs
from trust.models import RevocationWatch, SealCertificate, TimestampAuthority

# So many certificates are begun with in one go; the others follow with the next.
_MOST_AT_ONCE = 500
# Whoever is being asked about is not queued again before this time; the job itself says when it is due.
_UNDER_WAY = timedelta(minutes=10)


def prefetch_revocation(*, now: datetime) -> int:
    """Queue a job for each active certificate, and each signer of timestamps, that is due; returns how many.

    One that fails, or waits for an authority that does not answer, holds up no other.
    """
    with transaction.atomic():
        certificates = _due_certificates(now)
        signers = list(
            TimestampAuthority.objects.select_for_update(skip_locked=True)
            .filter(Q(signer_due_at=None) | Q(signer_due_at__lte=now), enlisted=True, signer__isnull=False)
            .values_list("id", flat=True)
        )
        TimestampAuthority.objects.filter(id__in=signers).update(signer_due_at=now + _UNDER_WAY)
        for certificate_id in certificates:
            _queue("trust.refresh_revocation", "certificate", certificate_id, now)
        for authority_id in signers:
            _queue("trust.refresh_signer_revocation", "authority", authority_id, now)
    return len(certificates) + len(signers)


def _due_certificates(now: datetime) -> list[str]:
    active = SealCertificate.objects.filter(state=SealCertificate.State.ACTIVE)
    RevocationWatch.objects.bulk_create(
        [
            RevocationWatch(certificate_id=certificate_id, due_at=now)
            for certificate_id in active.filter(revocationwatch=None).values_list("id", flat=True)[:_MOST_AT_ONCE]
        ],
        ignore_conflicts=True,
    )
    due = list(
        RevocationWatch.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(due_at__lte=now, certificate__in=active)
        .order_by(F("due_at"), "id")[:_MOST_AT_ONCE]
    )
    RevocationWatch.objects.filter(id__in=[one.id for one in due]).update(due_at=now + _UNDER_WAY)
    return [one.certificate_id for one in due]


def _queue(kind: str, what: str, subject: str, now: datetime) -> None:
    jobs.enqueue(kind, now=now, key=f"{kind}:{subject}:{int(now.timestamp()) // 60}", payload={what: subject})
