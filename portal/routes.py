"""What follows from what: events to tasks, and tasks by the clock."""

from __future__ import annotations

from typing import Any

ROUTES: dict[str, tuple[str, ...]] = {
    "customer.created": ("billing.start_subscription", "trust.provision_certificates"),
    "certificate.abandoned": ("trust.destroy_revoked_key",),
    "certificate.revoked": ("trust.destroy_revoked_key",),
    "certificate_order.completed": ("sealing.seal_minutes", "trust.announce_order"),
    "certificate_order.minutes_wanted": ("sealing.seal_minutes",),
    "certificate_order.ordered": ("trust.announce_order",),
    "customer.migrated": ("sealing.index_names",),
    "document.deleted": ("sealing.destroy_objects",),
    "member.ended": ("sealing.end_shares",),
    "member.invited": ("accounts.mail_invitation",),
    "seal.accepted": ("sealing.perform_seal",),
    "seal.archiving_ordered": ("sealing.perform_archiving",),
}

_EVERY_SECONDS: dict[str, int] = {
    "trust.checkpoint_audit": 3600,
    "trust.keep_audit_partitions": 86_400,
    "trust.prefetch_revocation": 60,
    "trust.probe_timestamp_authorities": 60,
    "trust.remind_of_certificates": 3600,
    "trust.renew_test_certificates": 86_400,
    "trust.retire_expired_certificates": 3600,
    "trust.refresh_trusted_lists": 600,
    "trust.drop_old_timestamp_records": 3600,
    "sealing.queue_renewals": 6 * 3600,
    "billing.open_periods": 3600,
    "billing.close_ended_periods": 600,
}

SCHEDULE: dict[str, dict[str, Any]] = {
    "kernel.sweep": {"task": "kernel.sweep", "schedule": 2.0, "options": {"expires": 2}},
    **{
        kind: {
            "task": "kernel.queue_scheduled",
            "schedule": float(seconds),
            "args": (kind, seconds),
            "options": {"expires": seconds},
        }
        for kind, seconds in _EVERY_SECONDS.items()
    },
}
