"""What must always hold of what is metered and how months are read."""

from __future__ import annotations

USAGE: dict[str, str] = {
    "every usage event lies in one period of its customer that contains it, or is late there": (
        "SELECT count(*) FROM billing_usageevent e LEFT JOIN billing_billingperiod p ON p.id = e.billing_period_id"
        " AND p.customer_id = e.customer_id"
        " WHERE p.id IS NULL OR e.occurred_at >= p.ends_at OR e.late <> (e.occurred_at < p.starts_at)"
    ),
    "every closed period's reading equals its events": (
        "SELECT count(*) FROM (SELECT p.id, p.state, e.meter, e.total FROM billing_billingperiod p LEFT JOIN"
        " (SELECT billing_period_id, meter, sum(quantity) AS total FROM billing_usageevent GROUP BY 1, 2) e"
        " ON e.billing_period_id = p.id) c"
        " FULL JOIN (SELECT * FROM billing_meterreading WHERE meter NOT IN ('extra_user', 'storage_gb')) r"
        " ON r.billing_period_id = c.id AND r.meter = c.meter"
        " WHERE (c.state = 'closed' AND c.meter IS NOT NULL AND r.quantity IS DISTINCT FROM c.total)"
        " OR (r.id IS NOT NULL AND c.id IS NULL AND r.quantity <> 0) OR (r.id IS NOT NULL AND c.state = 'open')"
    ),
    "exactly the closed periods have a reading of the meter seal": (
        "SELECT count(*) FROM billing_billingperiod p WHERE (p.state = 'closed') <> EXISTS (SELECT FROM"
        " billing_meterreading r WHERE r.billing_period_id = p.id AND r.meter = 'seal')"
    ),
    "every closed period's reading of users and storage is the highest level of its days": (
        "SELECT count(*) FROM (SELECT p.id, p.state, l.meter, max(l.quantity) AS highest FROM billing_billingperiod p"
        " JOIN billing_subscription s ON s.id = p.subscription_id JOIN billing_meterlevel l ON l.customer_id ="
        " p.customer_id AND (l.\"on\" + time '12:00') AT TIME ZONE s.time_zone >= p.starts_at"
        " AND (l.\"on\" + time '12:00') AT TIME ZONE s.time_zone < p.ends_at GROUP BY 1, 2, 3) c"
        " FULL JOIN (SELECT * FROM billing_meterreading WHERE meter IN ('extra_user', 'storage_gb')) r"
        " ON r.billing_period_id = c.id AND r.meter = c.meter"
        " WHERE (c.state = 'closed' OR r.id IS NOT NULL) AND r.quantity IS DISTINCT FROM c.highest"
    ),
    "every correction of usage reverses one event of its customer and meter": (
        "SELECT count(*) FROM billing_usageevent e LEFT JOIN billing_usagecorrection c ON c.reversal_id = e.id"
        " LEFT JOIN billing_usageevent o ON o.id = c.corrected_id WHERE e.source_type = 'correction'"
        " AND (o.customer_id, o.meter, -o.quantity, o.id::text) IS DISTINCT FROM"
        " (e.customer_id, e.meter, e.quantity, e.source_id)"
    ),
    "each threshold that a month reached is told once": (
        "SELECT count(*) FROM billing_thresholdreached t WHERE (SELECT count(*) FROM kernel_event e"
        " WHERE e.name = 'usage.threshold_reached' AND e.subject = t.billing_period_id::text"
        " AND e.payload ->> 'kind' = t.kind AND (e.payload ->> 'threshold')::numeric = t.threshold) > 1"
    ),
}
