"""What must always hold of orders of certificates."""

from __future__ import annotations

CERTIFICATES: dict[str, str] = {
    "every certificate order that stands has exactly one charge of its amount, a cancelled one none": (
        "SELECT count(*) FROM trust_certificateorder o WHERE (o.state <> 'cancelled')::int <> (SELECT count(*)"
        " FROM billing_charge c WHERE c.source_type = 'certificate_order' AND c.source_id = o.id"
        " AND c.customer_id = o.customer_id AND c.amount = o.amount AND c.reverses_id IS NULL"
        " AND NOT EXISTS (SELECT FROM billing_charge r WHERE r.reverses_id = c.id))"
        " AND o.ordered_at > kernel_erasing_clock() - interval '10 years'"
    ),
    "every charge for a certificate has its order": (
        "SELECT count(*) FROM billing_charge c WHERE c.source_type = 'certificate_order' AND NOT EXISTS (SELECT FROM"
        " trust_certificateorder o WHERE o.id = c.source_id AND o.customer_id = c.customer_id)"
    ),
    "every confirmed key was made by one person and confirmed by another": (
        "SELECT count(*) FROM trust_certificateorder o WHERE o.state IN ('confirmed', 'imported', 'completed')"
        " AND (SELECT count(DISTINCT s.person_id) FROM trust_ceremonystep s WHERE s.order_id = o.id"
        " AND s.kind IN ('key_made', 'confirmed')) <> 2"
    ),
    "the state of every certificate order is its last step": (
        "SELECT count(*) FROM trust_certificateorder o WHERE o.state IS DISTINCT FROM (SELECT s.kind FROM"
        " trust_ceremonystep s WHERE s.order_id = o.id ORDER BY s.id DESC LIMIT 1)"
    ),
    "every completed certificate order has a certificate that was put to use": (
        "SELECT count(*) FROM trust_certificateorder o LEFT JOIN trust_sealcertificate c ON c.id = o.certificate_id"
        " WHERE o.state = 'completed' AND c.activated_at IS NULL"
    ),
}
