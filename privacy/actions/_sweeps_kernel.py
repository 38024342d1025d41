"""What goes by age of the audit trail, events, jobs, sessions, and what Django and allauth keep."""

from __future__ import annotations

from kernel.aging import AgedRows
from privacy.actions._sweep_rows import rows
from privacy.actions._sweeps_audit import AUDIT

_SIGNED_OUT = "NOT EXISTS (SELECT FROM django_session s WHERE s.session_key = t.session_key)"

SWEEPS = (
    *AUDIT,
    rows("activity", AgedRows(table="kernel_event", moment="t.at", customer="t.customer_id", guarded=True)),
    rows(
        "activity",
        AgedRows(
            table="kernel_job",
            moment="coalesce(t.finished_at, t.created_at)",
            only_if="t.state IN ('done', 'refused', 'dead')",
            customer="t.customer_id",
        ),
    ),
    rows("activity", AgedRows(table="kernel_idempotentrequest", moment="t.created_at", customer="t.customer_id")),
    rows("activity", AgedRows(table="django_admin_log", moment="t.action_time", person="t.user_id")),
    rows("activity", AgedRows(table="account_emailconfirmation", moment="coalesce(t.sent, t.created)")),
    rows("expired", AgedRows(table="django_session", moment="t.expire_date", key="session_key")),
    rows(
        "expired",
        AgedRows(table="usersessions_usersession", moment="t.last_seen_at", only_if=_SIGNED_OUT, person="t.user_id"),
    ),
    rows("expired", AgedRows(table="accounts_signincounter", moment="t.expires", key="cache_key")),
)
