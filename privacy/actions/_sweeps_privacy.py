"""What goes by age of consents, messages, registers and of the engine's own records (D1, D2, D8, D12)."""

from __future__ import annotations

from kernel.aging import AgedRows
from privacy.actions._sweep_rows import rows

SWEEPS = (
    rows("consent", AgedRows(table="privacy_consentrecord", moment="t.given_at")),
    rows(
        "contact_message",
        AgedRows(table="privacy_contactmessage", moment="t.answered_at", only_if="t.answered_at IS NOT NULL"),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="privacy_disclosure",
            moment="greatest(t.recorded_at, t.decided_at, t.told_at, t.silent_until::timestamptz)",
            only_if="t.state IN ('told', 'rejected')",
            customer="t.customer_id",
            guarded=True,
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="privacy_databreach",
            moment="t.closed_at",
            only_if="t.closed_at IS NOT NULL",
            parts=("privacy_breachnotice.breach_id",),
            guarded=True,
        ),
    ),
    rows(
        "rights_request",
        AgedRows(
            table="privacy_subprocessor",
            moment="t.ends_on",
            only_if="t.ends_on IS NOT NULL",
            parts=("privacy_subprocessornotice.sub_processor_id",),
            guarded=True,
        ),
    ),
    rows(
        "rights_request",
        AgedRows(table="privacy_hold", moment="t.released_at", only_if="t.released_at IS NOT NULL"),
    ),
    rows(
        "rights_request",
        AgedRows(table="privacy_retentionrun", moment="t.ended_at", only_if="t.ended_at IS NOT NULL"),
    ),
    rows(
        "rights_request",
        AgedRows(
            table="privacy_retentionitem",
            moment="t.ended_at",
            only_if="t.ended_at IS NOT NULL",
            parts=("privacy_retentionnotice.item_id",),
            customer="t.customer_id",
        ),
    ),
)
