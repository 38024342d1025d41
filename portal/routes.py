"""What follows from what: events to tasks, and tasks by the clock."""

from __future__ import annotations

from typing import Any

ROUTES: dict[str, tuple[str, ...]] = {
    "certificate.abandoned": ("trust.destroy_revoked_key",),
    "certificate.revoked": ("trust.destroy_revoked_key",),
    "certificate_order.completed": ("sealing.seal_minutes",),
    "certificate_order.minutes_wanted": ("sealing.seal_minutes",),
    "contract.ending": ("billing.align_subscription",),
    "contract.ending_withdrawn": ("billing.align_subscription",),
    "customer.created": ("billing.start_subscription", "trust.provision_certificates"),
    "customer.ended": ("billing.align_subscription",),
    "customer.migrated": ("sealing.index_names",),
    "customer.transferred": ("trust.retire_former_certificates",),
    "document.deleted": ("sealing.destroy_objects",),
    "member.ended": ("sealing.end_shares",),
    "member.invited": ("accounts.mail_invitation",),
    "member.joined": ("accounts.complete_replacement",),
    "member.left": ("sealing.end_shares",),
    "seal.accepted": ("sealing.perform_seal",),
    "seal.archiving_ordered": ("sealing.perform_archiving",),
}

_EVERY_SECONDS: dict[str, int] = {
    "accounts.carry_out_cases": 300,
    "accounts.collect_bounces": 300,
    "accounts.drop_old_deliveries": 3600,
    "accounts.end_access_grants": 60,
    "accounts.end_due_contracts": 300,
    "accounts.remind_of_tokens": 3600,
    "billing.close_ended_periods": 600,
    "billing.open_periods": 3600,
    "privacy.drop_old_consents": 6 * 3600,
    "sealing.queue_renewals": 6 * 3600,
    "trust.checkpoint_audit": 3600,
    "trust.drop_old_timestamp_records": 3600,
    "trust.keep_audit_partitions": 86_400,
    "trust.prefetch_revocation": 60,
    "trust.probe_timestamp_authorities": 60,
    "trust.refresh_trusted_lists": 600,
    "trust.remind_of_certificates": 3600,
    "trust.renew_test_certificates": 86_400,
    "trust.retire_expired_certificates": 3600,
}

SCHEDULE: dict[str, dict[str, Any]] = {
    "kernel.sweep": {"task": "kernel.sweep", "schedule": 2.0, "options": {"expires": 2}},
    "accounts.follow_events": {"task": "accounts.follow_events", "schedule": 1.0, "options": {"expires": 1}},
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
