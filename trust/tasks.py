"""Trust's scheduled and queued work. Each task may run twice, late and in any order."""

from __future__ import annotations

from datetime import datetime

from kernel import audit_partitions as partitions
from kernel.actor import Actor
from kernel.jobs import ClaimedJob
from trust.actions import checkpoint_audit as checkpointing
from trust.actions import destroy_key as destroying
from trust.actions import prefetch_revocation as prefetching
from trust.actions import probe_timestamp_authorities as probing
from trust.actions import provision_certificates as provisioning
from trust.actions import refresh_revocation as refreshing
from trust.actions import refresh_signer_revocation as refreshing_signer
from trust.actions import refresh_trusted_list as refreshing_list
from trust.actions import refresh_trusted_lists as refreshing_lists
from trust.actions import remind_of_certificates as reminding
from trust.actions import renew_test_certificates as renewing
from trust.actions import retire_expired_certificates as retiring
from trust.actions import retire_former_certificates as retiring_former


def provision_certificates(job: ClaimedJob, *, now: datetime) -> None:
    """Give a new customer its certificates where they are issued at once."""
    provisioning.provision_certificates(
        actor=Actor.system(job.kind, customer_id=job.customer_id), customer_id=job.payload["subject"], now=now
    )


def retire_former_certificates(job: ClaimedJob, *, now: datetime) -> None:
    """Take the certificates of the entity before out of use, after an account was transferred."""
    retiring_former.retire_former_certificates(
        actor=Actor.system(job.kind, customer_id=job.customer_id),
        customer_id=job.payload["subject"],
        transferred_at=datetime.fromisoformat(job.payload["at"]),
        now=now,
    )


def destroy_revoked_key(job: ClaimedJob, *, now: datetime) -> None:
    """Destroy the key of a certificate that was found revoked, or whose order was cancelled."""
    destroying.destroy_key(
        actor=Actor.system(job.kind, customer_id=job.customer_id), key_id=job.payload["key"], now=now
    )


def prefetch_revocation(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the revocation answers that are due, each as a job of its own."""
    prefetching.prefetch_revocation(now=now)


def refresh_revocation(job: ClaimedJob, *, now: datetime) -> None:
    """Fetch what is due about one seal certificate."""
    refreshing.refresh_revocation(certificate_id=job.payload["certificate"], now=now)


def refresh_signer_revocation(job: ClaimedJob, *, now: datetime) -> None:
    """Fetch what is due about who signs an authority's timestamps."""
    refreshing_signer.refresh_signer_revocation(authority_id=job.payload["authority"], now=now)


def probe_timestamp_authorities(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: ask the timestamp authorities that have been silent."""
    probing.probe_timestamp_authorities(now=now)


def remind_of_certificates(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: remind customers whose certificates end."""
    reminding.remind_of_certificates(now=now)


def retire_expired_certificates(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: retire what has expired."""
    retiring.retire_expired_certificates(actor=Actor.system(job.kind), now=now)


def renew_test_certificates(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: replace test certificates before they end."""
    renewing.renew_test_certificates(now=now)


def checkpoint_audit(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: sign the ends of the audit chains that moved."""
    checkpointing.checkpoint_audit(now=now)


def keep_audit_partitions(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: room for the audit entries of the days to come; days whose time is over are the retention engine's."""
    partitions.make_partitions()


def refresh_trusted_lists(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: renew the trusted lists that are due."""
    refreshing_lists.refresh_trusted_lists(now=now, only_due=True)


def refresh_trusted_list(job: ClaimedJob, *, now: datetime) -> None:
    """Renew one trusted list."""
    refreshing_list.refresh_trusted_list(territory=job.payload["territory"], now=now)
