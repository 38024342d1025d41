"""What goes by age of orders, certificates and keys, and of what outside services said (D4)."""

from __future__ import annotations

from kernel.aging import AgedRows
from privacy.actions._sweep_rows import rows

_OF_CUSTOMER = "t.customer_id"

SWEEPS = (
    rows(
        "bookkeeping",
        AgedRows(
            table="trust_certificateorder",
            moment="coalesce((SELECT coalesce(c.ended_at, c.not_after) FROM public.trust_sealcertificate c"
            " WHERE c.id = t.certificate_id), t.ordered_at)",
            only_if="t.state IN ('completed', 'cancelled') AND NOT EXISTS (SELECT FROM public.billing_charge c"
            " WHERE c.source_type = 'certificate_order' AND c.source_id = t.id)",
            parts=("trust_ceremonystep.order_id", "trust_ceremonyminutes.order_id"),
            customer=_OF_CUSTOMER,
            guarded=True,
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="trust_sealcertificate",
            moment="coalesce(t.ended_at, t.not_after)",
            only_if="t.state IN ('retired', 'revoked', 'abandoned')"
            " AND NOT EXISTS (SELECT FROM trust_certificateorder o WHERE t.id IN (o.certificate_id, o.renews_id))",
            parts=("trust_certificatereminder.certificate_id", "trust_revocationwatch.certificate_id"),
            customer=_OF_CUSTOMER,
        ),
    ),
    rows(
        "bookkeeping",
        AgedRows(
            table="trust_sealkey",
            moment="t.destroyed_at",
            only_if="t.destroyed_at IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM trust_sealcertificate c WHERE c.key_id = t.id)",
            customer=_OF_CUSTOMER,
        ),
    ),
    rows("activity", AgedRows(table="trust_revocationanswer", moment="coalesce(t.next_update, t.fetched_at)")),
    rows("timestamp_log", AgedRows(table="trust_timestampissued", moment="t.generated_at")),
    rows("timestamp_log", AgedRows(table="trust_timestampday", moment="t.on")),
)
