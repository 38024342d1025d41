"""What goes by age of consents, messages, registers and of the engine's own records (D1, D2, D8, D12)."""

from __future__ import annotations

from datetime import datetime

from kernel.aging import AgedRows
from kernel.clock import legal_date
from privacy.actions._retention import Spared, Sweep
from privacy.actions._sweep_rows import rows
from privacy.actions.delete_old_exports import delete_old_exports
from privacy.queries import old_exports


def _erase_exports(*, before: datetime, limit: int, spared: Spared) -> int:
    return delete_old_exports(
        made_before=legal_date(before), limit=limit, people=spared.people, subjects=spared.subjects
    )


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
    rows(
        "rights_request",
        AgedRows(
            table="privacy_rightsrequest",
            moment="t.closed_at",
            only_if="t.closed_at IS NOT NULL",
            parts=(
                "privacy_rightsstep.request_id",
                "privacy_forwardedrequest.request_id",
                "privacy_erasurewish.request_id",
                "privacy_restriction.request_id",
            ),
            person="t.person_id",
            guarded=True,
        ),
    ),
    rows("bookkeeping", AgedRows(table="privacy_erasurereceipt", moment="t.made_at", guarded=True)),
    Sweep(
        rule="rights_export",
        store="privacy_rightsexport",
        due=old_exports.count_due,
        population=old_exports.count_all,
        oldest=old_exports.oldest,
        erase=_erase_exports,
        batch=100,
        with_it=frozenset({"rights_exports"}),
    ),
)
