"""What follows from what: events to tasks, and tasks by the clock."""

from __future__ import annotations

from typing import Any

ROUTES: dict[str, tuple[str, ...]] = {
    "billing_period.closed": ("billing.invoice_customer",),
    "card.removed": ("billing.detach_card",),
    "card_refund.asked": ("billing.settle_card_refund",),
    "breach.announced": ("privacy.tell_of_breach",),
    "certificate.abandoned": ("trust.destroy_revoked_key",),
    "certificate.revoked": ("trust.destroy_revoked_key",),
    "certificate_order.completed": ("sealing.seal_minutes",),
    "certificate_order.minutes_wanted": ("sealing.seal_minutes",),
    "contact_message.received": ("privacy.mail_contact_message",),
    "contract.ending": ("billing.align_subscription",),
    "contract.ending_withdrawn": ("billing.align_subscription",),
    "customer.created": ("billing.start_subscription", "trust.provision_certificates"),
    "customer.ended": ("billing.align_subscription",),
    "customer.migrated": ("sealing.index_names",),
    "customer.transferred": ("trust.retire_former_certificates",),
    "document.deleted": ("sealing.destroy_objects",),
    "invoice.delivered": ("billing.charge_saved_card",),
    "invoice.filed": ("billing.deliver_invoice",),
    "invoice.finalised": ("billing.apply_credit", "sealing.seal_invoice"),
    "invoice.paid": ("billing.close_card_payments", "billing.follow_up_customer"),
    "legal_document.announced": ("accounts.announce_documents", "sealing.seal_legal_documents"),
    "member.ended": ("sealing.end_shares",),
    "member.invited": ("accounts.mail_invitation",),
    "member.joined": ("accounts.complete_replacement",),
    "member.left": ("sealing.end_shares",),
    "payment.imported": ("billing.match_payment",),
    "plan_version.published": ("billing.give_price_notices",),
    "psp_event.recorded": ("billing.settle_psp_event",),
    "seal.accepted": ("sealing.perform_seal",),
    "seal.archiving_ordered": ("sealing.perform_archiving",),
    "term.cut_short": ("billing.credit_cut_term",),
    "term.started": ("billing.invoice_customer",),
    "sub_processor.announced": ("privacy.tell_of_sub_processor",),
}

_EVERY_SECONDS: dict[str, int] = {
    "accounts.announce_documents": 3600,
    "accounts.carry_out_cases": 300,
    "accounts.collect_bounces": 300,
    "accounts.end_access_grants": 60,
    "accounts.end_due_contracts": 300,
    "accounts.remind_of_tokens": 3600,
    "billing.charge_add_ons": 3600,
    "billing.check_all_thresholds": 300,
    "billing.close_ended_periods": 600,
    "billing.collect_statements": 300,
    "billing.finish_subscriptions": 3600,
    "billing.follow_up_receivables": 3600,
    "billing.give_price_notices": 3600,
    "billing.open_periods": 3600,
    "billing.queue_card_checks": 300,
    "billing.queue_invoices": 3600,
    "billing.record_levels": 3600,
    "billing.release_deferred": 86_400,
    "billing.remind_of_excess": 3600,
    "billing.report_waiting_invoices": 3600,
    "privacy.compare_storage": 86_400,
    "privacy.publish_figures": 86_400,
    "privacy.remind_of_breaches": 300,
    "privacy.rotate_logs": 3600,
    "privacy.tell_disclosures": 3600,
    "sealing.seal_legal_documents": 600,
    "sealing.queue_renewals": 6 * 3600,
    "trust.checkpoint_audit": 3600,
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
