"""What must always hold of invoices, credit notes and interest notes."""

from __future__ import annotations

# Of years whose ten years of keeping are over, what is left may have gaps (D4); days begin first 14 hours before UTC.
LAST_YEAR_GONE = "extract(year FROM (kernel_erasing_clock() + interval '14 hours') AT TIME ZONE 'UTC') - 11"

DOCUMENTS: dict[str, str] = {
    "numbers of documents have no gaps, and dates do not go back with them": (
        "SELECT count(*) FROM (SELECT serial, year, issued_on, finalised_at, row_number() OVER w AS place,"
        " lag(issued_on) OVER w AS earlier_on, lag(finalised_at) OVER w AS earlier_at FROM billing_invoice"
        " WHERE state = 'finalised' WINDOW w AS (PARTITION BY series, year ORDER BY serial)) d"
        f" WHERE serial <> place AND year > {LAST_YEAR_GONE} OR issued_on < earlier_on AND finalised_at >= earlier_at"
    ),
    "the last number of each series is that of its last document": (
        "SELECT count(*) FROM billing_documentseries s WHERE s.last_number <> (SELECT count(*) FROM billing_invoice i"
        f" WHERE i.series = s.code AND i.year = s.year) AND s.year > {LAST_YEAR_GONE}"
    ),
    "the sums of every document are those of its lines, with VAT once": (
        "SELECT count(*) FROM billing_invoice i WHERE i.state = 'finalised' AND (i.gross <> i.net + i.vat"
        " OR i.net <> (SELECT coalesce(sum(l.net), 0) FROM billing_invoiceline l WHERE l.invoice_id = i.id)"
        " OR i.kind <> 'credit_note' AND i.vat <> round(i.net * i.vat_rate / 100, 2)"
        " OR i.kind = 'credit_note' AND abs(i.vat - i.net * i.vat_rate / 100) > 1)"
    ),
    "every line is its quantity times its price, rounded once": (
        "SELECT count(*) FROM billing_invoiceline l WHERE l.kind <> 'interest'"
        " AND l.net <> round(l.quantity * l.unit_price, 2)"
    ),
    "every finalised document is booked once, over what it demands or credits, and nothing else is": (
        "SELECT count(*) FROM (SELECT document_id, count(*) AS entries, sum(owed) AS owed FROM (SELECT e.document_id,"
        " e.id, (SELECT coalesce(sum(abs(p.amount)), 0) FROM billing_posting p WHERE p.entry_id = e.id"
        " AND p.account IN ('receivable', 'credit')) AS owed FROM billing_journalentry e WHERE e.kind = 'issued'"
        " AND e.document_type = 'invoice') b GROUP BY document_id) booked FULL JOIN (SELECT id, gross"
        " FROM billing_invoice WHERE state = 'finalised') i ON i.id = booked.document_id"
        " WHERE (booked.entries, booked.owed) IS DISTINCT FROM (1::bigint, i.gross)"
    ),
    "what each customer owes in the books is what its documents demand and nothing settled": (
        "SELECT count(*) FROM (SELECT customer_id, sum(amount) AS total FROM billing_posting"
        " WHERE account = 'receivable' GROUP BY customer_id) booked FULL JOIN (SELECT customer_id, sum(amount) AS total"
        " FROM (SELECT customer_id, gross AS amount FROM billing_invoice WHERE state = 'finalised'"
        " AND kind <> 'credit_note' UNION ALL SELECT customer_id, -amount FROM billing_allocation) d"
        " GROUP BY customer_id) owed ON owed.customer_id = booked.customer_id"
        " WHERE coalesce(booked.total, 0) <> coalesce(owed.total, 0)"
    ),
    "no line is credited beyond what it demands": (
        "SELECT count(*) FROM billing_invoiceline l WHERE l.net < (SELECT coalesce(sum(c.net), 0)"
        " FROM billing_invoiceline c JOIN billing_invoice n ON n.id = c.invoice_id AND n.state = 'finalised'"
        " WHERE c.credited_line_id = l.id)"
    ),
    "no closed month is left out where a later one is invoiced": (
        "SELECT count(*) FROM billing_billingperiod p WHERE p.state = 'closed'"
        " AND EXISTS (SELECT FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id"
        " AND i.state = 'finalised' JOIN billing_billingperiod later ON later.id = l.billing_period_id"
        " WHERE later.customer_id = p.customer_id AND later.starts_at > p.starts_at)"
        " AND NOT EXISTS (SELECT FROM billing_billingrun r WHERE r.customer_id = p.customer_id AND r.state = 'done'"
        " AND r.until >= p.ends_at)"
    ),
    "fees paid in advance are earned or credited at most once": (
        "SELECT count(*) FROM billing_invoiceline l WHERE l.kind = 'term_fee' AND l.net < (SELECT"
        " coalesce(sum(p.amount), 0) FROM billing_posting p JOIN billing_journalentry e ON e.id = p.entry_id"
        " WHERE p.account = 'deferred' AND e.kind = 'released' AND e.document_type = 'invoice_line'"
        " AND split_part(e.document_id, ':', 1) = l.id::text)"
        " + (SELECT coalesce(sum((c.facts ->> 'deferred')::numeric),"
        " 0) FROM billing_invoiceline c JOIN billing_invoice n ON n.id = c.invoice_id AND n.state = 'finalised'"
        " WHERE c.credited_line_id = l.id)"
    ),
    "what exceeds a plan is invoiced as its reading and terms say": (
        "SELECT count(*) FROM billing_invoiceline l JOIN billing_billingperiod p ON p.id = l.billing_period_id"
        " JOIN billing_planversion v ON v.id = p.plan_version_id"
        " LEFT JOIN billing_specialterms s ON s.id = p.special_terms_id"
        " LEFT JOIN billing_meterreading r ON r.billing_period_id = p.id AND r.meter = 'seal'"
        " WHERE l.kind = 'overage' AND (l.quantity, l.unit_price) IS DISTINCT FROM"
        " (greatest(0, r.quantity - coalesce(s.included, v.included, 0)),"
        " coalesce(s.overage_unit_price, v.overage_unit_price))"
        " OR l.kind = 'fee' AND r.quantity > coalesce(s.included, v.included, 0) AND NOT EXISTS (SELECT FROM"
        " billing_invoiceline b WHERE b.billing_period_id = p.id AND b.kind = 'overage')"
    ),
    "late interest of one invoice is billed once for each day": (
        "SELECT count(*) FROM (SELECT interest_from, lag(interest_until) OVER (PARTITION BY overdue_invoice_id"
        " ORDER BY interest_from) AS previous_until FROM billing_invoiceline WHERE kind = 'interest') l"
        " WHERE previous_until > interest_from"
    ),
    "every line of late interest is the unpaid principal of each day x 0.0002, as known when it was billed": (
        "SELECT count(*) FROM billing_invoiceline l JOIN billing_invoice n ON n.id = l.invoice_id"
        " AND n.state = 'finalised' JOIN billing_invoice i ON i.id = l.overdue_invoice_id WHERE l.kind = 'interest'"
        " AND jsonb_typeof(l.facts -> 'parts') = 'array' AND (l.interest_from <= i.due_on OR i.kind <> 'invoice'"
        " OR l.net <> (SELECT round(sum(greatest(i.gross - coalesce((SELECT sum(a.amount) FROM billing_allocation a"
        " WHERE a.invoice_id = i.id AND a.value_on < d.day AND a.made_at <= n.finalised_at), 0), 0)) * 0.0002, 2)"
        " FROM generate_series(l.interest_from, l.interest_until - 1, interval '1 day') d(day)))"
    ),
    "every invoice is due thirty days after it was received": (
        "SELECT count(*) FROM billing_invoice i WHERE i.kind <> 'credit_note' AND i.due_on IS NOT NULL"
        " AND abs(i.due_on - 30 - (i.received_at AT TIME ZONE 'UTC')::date) > 1"
    ),
    "every invoice's mail that waits has a job": (
        "SELECT count(*) FROM billing_invoicemail m WHERE m.state = 'queued' AND NOT EXISTS (SELECT FROM"
        " kernel_job j WHERE j.key = 'billing.mail_invoice:' || m.id AND j.state IN ('queued', 'running', 'dead'))"
        " AND m.queued_at > kernel_erasing_clock() - interval '90 days'"
    ),
    "no document has an electronic invoice without its sealed PDF": (
        "SELECT count(*) FROM billing_invoicefile f WHERE f.format <> 'pdf' AND NOT EXISTS (SELECT FROM"
        " billing_invoicefile p WHERE p.invoice_id = f.invoice_id AND p.format = 'pdf')"
    ),
}
