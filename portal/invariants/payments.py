"""What must always hold of payments, the books and late payment."""

from __future__ import annotations

PAYMENTS: dict[str, str] = {
    "no invoice is settled beyond what it demands, and no payment or credit note used beyond what it is": (
        "SELECT count(*) FROM (SELECT i.id FROM billing_invoice i JOIN billing_allocation a ON a.invoice_id = i.id"
        " GROUP BY i.id, i.gross HAVING sum(a.amount) NOT BETWEEN 0 AND i.gross"
        " UNION ALL SELECT c.id FROM billing_invoice c JOIN billing_allocation a ON a.credit_note_id = c.id"
        " GROUP BY c.id, c.gross HAVING sum(a.amount) NOT BETWEEN 0 AND c.gross"
        " UNION ALL SELECT p.id FROM billing_payment p JOIN billing_allocation a ON a.payment_id = p.id"
        " GROUP BY p.id, p.amount HAVING sum(a.amount) NOT BETWEEN 0 AND p.amount + coalesce((SELECT sum(r.amount)"
        " FROM billing_payment r WHERE r.reverses_id = p.id), 0)) beyond"
    ),
    "every entry in the books sums to zero": (
        "SELECT count(*) FROM (SELECT e.id FROM billing_journalentry e LEFT JOIN billing_posting p ON p.entry_id = e.id"
        " GROUP BY e.id HAVING coalesce(sum(p.amount), 1) <> 0) unbalanced"
    ),
    "every payment and every allocation is in the books once": (
        "SELECT count(*) FROM (SELECT 'payment' AS type, id::text FROM billing_payment UNION ALL"
        " SELECT 'allocation', id::text FROM billing_allocation) moved WHERE (SELECT count(*) FROM billing_journalentry"
        " e WHERE e.document_type = moved.type AND e.document_id = moved.id AND e.kind <> 'assigned') <> 1"
    ),
    "the bank and the card company have in the books what was received less what went back": (
        "SELECT count(*) FROM unnest(ARRAY['bank', 'card']) method WHERE (SELECT coalesce(sum(amount), 0)"
        " FROM billing_posting WHERE account = method) <> (SELECT coalesce(sum(p.amount), 0) FROM billing_payment p"
        " WHERE p.method = method.method)"
    ),
    "what waits to be assigned is in the books as such": (
        "SELECT count(*) WHERE (SELECT coalesce(sum(amount), 0) FROM billing_posting WHERE account = 'unassigned')"
        " <> -(SELECT coalesce(sum(amount), 0) FROM billing_payment WHERE customer_id IS NULL)"
    ),
    "every customer's credit in the books is what its payments and credit notes leave": (
        "SELECT count(*) FROM accounts_customer c WHERE (SELECT coalesce(sum(amount), 0) FROM billing_posting"
        " WHERE customer_id = c.id AND account = 'credit') <> -("
        "SELECT coalesce((SELECT sum(amount) FROM billing_payment WHERE customer_id = c.id), 0)"
        " + coalesce((SELECT sum(gross) FROM billing_invoice WHERE customer_id = c.id AND kind = 'credit_note'"
        " AND state = 'finalised'), 0)"
        " - coalesce((SELECT sum(amount) FROM billing_allocation WHERE customer_id = c.id), 0))"
    ),
    "every card payment that was paid has exactly one payment of what came": (
        "SELECT count(*) FROM billing_cardpayment c LEFT JOIN billing_payment p ON p.id = c.payment_id"
        " WHERE c.state = 'succeeded' AND (p.id IS NULL OR (p.kind, p.method, p.customer_id, p.amount)"
        " IS DISTINCT FROM ('receipt', 'card', c.customer_id, c.received))"
    ),
    "every receipt by card has its card payment, or takes back what was taken": (
        "SELECT count(*) FROM billing_payment p WHERE p.method = 'card' AND p.kind = 'receipt'"
        " AND (p.reverses_id IS NULL) <> EXISTS (SELECT FROM billing_cardpayment c WHERE c.payment_id = p.id)"
    ),
    "every refund to a card that was made has exactly one payment of its amount": (
        "SELECT count(*) FROM billing_cardrefund r FULL JOIN (SELECT * FROM billing_payment WHERE method = 'card'"
        " AND kind = 'refund') p ON p.id = r.payment_id WHERE p.id IS NULL AND r.state = 'succeeded'"
        " OR p.id IS NOT NULL AND p.amount IS DISTINCT FROM -r.amount"
    ),
    "staff are asked about a missed cure only when its notice was given and its time had passed": (
        "SELECT count(*) FROM billing_dunningproposal p WHERE p.ground = 'cure_missed' AND NOT EXISTS (SELECT FROM"
        " billing_dunningstep s WHERE s.invoice_id = p.invoice_id AND s.kind = 'breach_noticed'"
        " AND s.until >= s.at::date + 30 AND p.proposed_at > s.at + interval '30 days')"
    ),
    "every proposal that waits has its step": (
        "SELECT count(*) FROM billing_dunningproposal p WHERE p.state IN ('open', 'deferred') AND NOT EXISTS (SELECT"
        " FROM billing_dunningstep s WHERE s.invoice_id = p.invoice_id AND s.kind = p.ground"
        " AND s.withdrawn_at IS NULL)"
    ),
    "nobody is suspended for late payment who has owed nothing overdue for three hours": (
        "SELECT count(*) FROM accounts_suspension s WHERE s.ground = 'non_payment' AND s.lifted_at IS NULL"
        " AND s.suspended_at < clock_timestamp() - interval '3 hours' AND NOT EXISTS (SELECT FROM billing_invoice i"
        " WHERE i.customer_id = s.customer_id AND i.state = 'finalised' AND i.kind <> 'credit_note'"
        " AND i.due_on < current_date AND i.gross > (SELECT coalesce(sum(a.amount), 0) FROM billing_allocation a"
        " WHERE a.invoice_id = i.id AND a.made_at < clock_timestamp() - interval '3 hours'))"
    ),
}
