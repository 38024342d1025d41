"""What goes by age of contracts, cases, notices and webhooks (D4, D5)."""

from __future__ import annotations

from kernel.aging import AgedRows
from privacy.actions._sweep_evidence import evidence
from privacy.actions._sweep_rows import rows

_CONTRACT_PARTS = (
    *("accounts_erasure.customer_id", "accounts_ending.customer_id", "accounts_acceptance.customer_id"),
    *("accounts_application.customer_id", "accounts_customeridentity.customer_id", "accounts_legalnotice.customer_id"),
    "billing_billingdetails.customer_id",
)
_OF_CUSTOMER = "t.customer_id"

SWEEPS = (
    rows(
        "activity",
        AgedRows(
            table="accounts_invitation",
            moment="least(t.accepted_at, t.revoked_at, t.expires_at)",
            customer=_OF_CUSTOMER,
        ),
    ),
    rows(
        "webhook_log",
        AgedRows(
            table="accounts_webhookdelivery",
            moment="t.ended_at",
            only_if="t.ended_at IS NOT NULL",
            parts=("accounts_webhookattempt.delivery_id",),
            customer="(SELECT w.customer_id FROM accounts_webhook w WHERE w.id = t.webhook_id)",
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="accounts_notice",
            moment="coalesce(t.given_at, t.at)",
            parts=("accounts_noticedelivery.notice_id",),
            customer=_OF_CUSTOMER,
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="accounts_accessgrant",
            moment="greatest(t.offered_at, t.requested_at, t.decided_at, t.ends_at, t.ended_at)",
            parts=("accounts_accessread.grant_id",),
            customer=_OF_CUSTOMER,
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="accounts_suspension",
            moment="t.lifted_at",
            only_if="t.lifted_at IS NOT NULL",
            customer=_OF_CUSTOMER,
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="accounts_referenceconsent",
            moment="t.withdrawn_at",
            only_if="t.withdrawn_at IS NOT NULL",
            customer=_OF_CUSTOMER,
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(table="accounts_application", moment="t.terms_accepted_at", only_if="t.customer_id IS NULL"),
    ),
    evidence(
        AgedRows(
            table="accounts_case",
            moment="t.ended_at",
            only_if="t.ended_at IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM accounts_customeridentity i WHERE i.case_id = t.id)",
            parts=("accounts_caseevidence.case_id",),
            customer=_OF_CUSTOMER,
        )
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="accounts_customer",
            moment="(SELECT max(e.ended_at) FROM public.accounts_ending e WHERE e.customer_id = t.id)",
            only_if="t.status = 'closed' AND public.kernel_is_unreferenced('public.accounts_customer', t.id, '{"
            + ",".join(_CONTRACT_PARTS)
            + "}')",
            parts=(*_CONTRACT_PARTS, "accounts_noticecounter.owner"),
            customer="t.id",
            guarded=True,
        ),
    ),
)
