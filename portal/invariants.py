"""What must always hold, each as one SQL statement that counts the exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from django.db import connection

_PUBLIC: dict[str, str] = {
    "every running job has a lease": (
        "SELECT count(*) FROM kernel_job WHERE state = 'running' AND lease_until IS NULL"
    ),
    "no job is older than its deadline without an end": (
        "SELECT count(*) FROM kernel_job WHERE state IN ('queued', 'running')"
        " AND deadline_at < clock_timestamp() - interval '15 minutes'"
    ),
    "audit chains have numbers without gaps, and every link follows from the one before": (
        "SELECT count(*) FROM (SELECT l.chain, l.seq, l.hash, e.content_hash, lag(l.seq) OVER w AS previous_seq,"
        " lag(l.hash) OVER w AS previous_hash FROM kernel_auditlink l LEFT JOIN kernel_auditentry e"
        " ON e.id = l.entry_id AND e.retention = l.retention AND e.at = l.at"
        " WINDOW w AS (PARTITION BY l.chain ORDER BY l.seq)) l"
        " LEFT JOIN kernel_auditcut c ON c.chain = l.chain AND c.last_seq = l.seq - 1"
        " WHERE l.content_hash IS NULL"
        " OR coalesce(l.previous_seq, c.last_seq, 0) <> l.seq - 1 AND c.last_seq IS NULL"
        " OR l.hash <> sha256(coalesce(c.hash, l.previous_hash, decode(repeat('00', 32), 'hex')) || int8send(l.seq)"
        " || l.content_hash)"
    ),
    "every audit chain ends where it says": (
        "SELECT count(*) FROM kernel_auditchain h FULL JOIN (SELECT DISTINCT ON (chain) chain, seq, hash FROM (SELECT"
        " chain, seq, hash FROM kernel_auditlink UNION ALL SELECT chain, last_seq, hash FROM kernel_auditcut) l"
        " ORDER BY chain, seq DESC) l ON l.chain = h.chain WHERE (h.seq, h.hash) IS DISTINCT FROM (l.seq, l.hash)"
    ),
    "every active customer has an active owner": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status = 'active' AND NOT EXISTS (SELECT FROM"
        " accounts_membership m WHERE m.customer_id = c.id AND m.role = 'owner' AND m.status = 'active')"
    ),
    "exactly the customers whose contract is over have an erasure": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status <> 'closed' AND (c.status = 'ended')"
        " <> EXISTS (SELECT FROM accounts_erasure e WHERE e.customer_id = c.id)"
    ),
    "exactly the customers whose contract has a last day are ending, or suspended": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status <> 'suspended' AND (c.status = 'ending')"
        " <> EXISTS (SELECT FROM accounts_ending e WHERE e.customer_id = c.id AND e.state = 'asked' AND e.confirmed)"
    ),
    "no contract outlives its last day": (
        "SELECT count(*) FROM accounts_ending WHERE state = 'asked' AND confirmed"
        " AND ends_at < clock_timestamp() - interval '1 hour'"
    ),
    "every identity is of a member of its provider's own customer": (
        "SELECT count(*) FROM accounts_identity i JOIN accounts_identityprovider p ON p.id = i.provider_id"
        " JOIN accounts_membership m ON m.id = i.membership_id WHERE m.customer_id <> p.customer_id"
    ),
    "every customer's sign-in rules name its own enabled provider, or none": (
        "SELECT count(*) FROM accounts_customer c LEFT JOIN accounts_identityprovider p ON p.customer_id = c.id"
        " WHERE coalesce(c.sign_in_rules->>'provider', '') <> CASE WHEN p.enabled THEN p.id ELSE '' END"
    ),
    "every customer has its schema": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status <> 'closed'"
        " AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = c.schema_name)"
    ),
    "every usage event lies in one period of its customer that contains it, or is late there": (
        "SELECT count(*) FROM billing_usageevent e LEFT JOIN billing_billingperiod p ON p.id = e.billing_period_id"
        " AND p.customer_id = e.customer_id"
        " WHERE p.id IS NULL OR e.occurred_at >= p.ends_at OR e.late <> (e.occurred_at < p.starts_at)"
    ),
    "periods of a subscription neither overlap nor leave gaps": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY subscription_id ORDER BY starts_at)"
        " AS previous_end FROM billing_billingperiod) p WHERE previous_end <> starts_at"
    ),
    "no customer has two billing periods at one time": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY customer_id ORDER BY starts_at)"
        " AS previous_end FROM billing_billingperiod) p WHERE previous_end > starts_at"
    ),
    "periods are closed in order": (
        "SELECT count(*) FROM billing_billingperiod p WHERE p.state = 'open' AND EXISTS (SELECT FROM"
        " billing_billingperiod l WHERE l.subscription_id = p.subscription_id AND l.starts_at > p.starts_at"
        " AND l.state = 'closed')"
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
    "a customer has one subscription at a time": (
        "SELECT count(*) FROM billing_subscription a JOIN billing_subscription b ON a.customer_id = b.customer_id"
        " AND a.id < b.id AND a.started_at < coalesce(b.ended_at, 'infinity')"
        " AND b.started_at < coalesce(a.ended_at, 'infinity')"
    ),
    "every certificate order that stands has exactly one charge of its amount, a cancelled one none": (
        "SELECT count(*) FROM trust_certificateorder o WHERE (o.state <> 'cancelled')::int <> (SELECT count(*)"
        " FROM billing_charge c WHERE c.source_type = 'certificate_order' AND c.source_id = o.id"
        " AND c.customer_id = o.customer_id AND c.amount = o.amount AND c.reverses_id IS NULL"
        " AND NOT EXISTS (SELECT FROM billing_charge r WHERE r.reverses_id = c.id))"
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
    "every notice's mail that waits has a job": (
        "SELECT count(*) FROM accounts_noticedelivery d WHERE d.state = 'queued' AND NOT EXISTS (SELECT FROM"
        " kernel_job j WHERE j.key = 'accounts.mail_notice:' || d.id AND j.state IN ('queued', 'running', 'dead'))"
    ),
    "every page that staff read lay within its access grant, and is in the audit trail": (
        "SELECT count(*) FROM accounts_accessread r JOIN accounts_accessgrant g ON g.id = r.grant_id"
        " WHERE NOT coalesce(g.starts_at <= r.at AND r.at < g.ends_at, false) OR NOT EXISTS (SELECT FROM"
        " kernel_auditentry a WHERE a.action = 'document.read_by_staff' AND a.at = r.at AND a.subject = r.seal_id)"
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
    "every order of an additional service is charged once, a monthly one once for its first month": (
        "SELECT count(*) FROM billing_addonorder o JOIN billing_addon a ON a.code = o.add_on_id WHERE (SELECT count(*)"
        " FROM billing_charge c WHERE c.reverses_id IS NULL AND c.customer_id = o.customer_id"
        " AND (c.quantity, c.unit_price) = (o.quantity, o.price)"
        " AND (a.interval = 'once' AND c.source_type = 'add_on_order' AND c.source_id = o.id"
        " OR a.interval = 'month' AND c.source_type = 'add_on_month'"
        " AND c.source_id = o.id || ':' || to_char(o.starts_on, 'YYYY-MM'))) <> 1"
    ),
    "no month of an additional service is charged outside of its order": (
        "SELECT count(*) FROM billing_charge c LEFT JOIN billing_addonorder o ON o.id = split_part(c.source_id, ':', 1)"
        " WHERE c.source_type = 'add_on_month' AND (o.id IS NULL OR to_date(split_part(c.source_id, ':', 2), 'YYYY-MM')"
        " < o.starts_on OR to_date(split_part(c.source_id, ':', 2), 'YYYY-MM') >= o.ends_on)"
    ),
    "the signed document of special terms is the one that was recorded": (
        "SELECT count(*) FROM billing_specialterms WHERE encode(sha256(document), 'hex') <> document_sha256"
    ),
    "no customer has two special terms at one time": (
        "SELECT count(*) FROM billing_specialterms a JOIN billing_specialterms b ON a.customer_id = b.customer_id"
        " AND a.starts_on < b.starts_on AND b.starts_on < coalesce(a.ends_on, 'infinity')"
    ),
    "numbers of documents have no gaps, and dates do not go back with them": (
        "SELECT count(*) FROM (SELECT serial, issued_on, finalised_at, row_number() OVER w AS place,"
        " lag(issued_on) OVER w AS earlier_on, lag(finalised_at) OVER w AS earlier_at FROM billing_invoice"
        " WHERE state = 'finalised' WINDOW w AS (PARTITION BY series, year ORDER BY serial)) d"
        " WHERE serial <> place OR issued_on < earlier_on AND finalised_at >= earlier_at"
    ),
    "the last number of each series is that of its last document": (
        "SELECT count(*) FROM billing_documentseries s WHERE s.last_number <> (SELECT count(*) FROM billing_invoice i"
        " WHERE i.series = s.code AND i.year = s.year)"
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
    "terms of a subscription neither overlap nor leave gaps": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY subscription_id ORDER BY starts_at)"
        " AS previous_end FROM billing_subscriptionterm) t WHERE previous_end <> starts_at"
    ),
    "every billing period lies in one term of its subscription and has its prices": (
        "SELECT count(*) FROM billing_billingperiod p WHERE (SELECT count(*) FROM billing_subscriptionterm t"
        " WHERE t.subscription_id = p.subscription_id AND t.plan_version_id = p.plan_version_id"
        " AND t.starts_at <= p.starts_at AND p.ends_at <= t.ends_at) <> 1"
    ),
    "a cancelled subscription has its end": (
        "SELECT count(*) FROM billing_subscriptionchange c JOIN billing_subscription s ON s.id = c.subscription_id"
        " WHERE c.kind = 'cancel' AND c.state = 'pending'"
        " AND (s.ended_at IS NULL OR s.ended_at > c.effective_at)"
    ),
    "a customer is charged its set-up fee once": (
        "SELECT count(*) FROM (SELECT FROM billing_charge WHERE item = 'setup' AND source_type = 'setup'"
        " AND reverses_id IS NULL GROUP BY customer_id HAVING count(*) > 1) c"
    ),
    "every correction of usage reverses one event of its customer and meter": (
        "SELECT count(*) FROM billing_usageevent e LEFT JOIN billing_usagecorrection c ON c.reversal_id = e.id"
        " LEFT JOIN billing_usageevent o ON o.id = c.corrected_id WHERE e.source_type = 'correction'"
        " AND (o.customer_id, o.meter, -o.quantity, o.id::text) IS DISTINCT FROM"
        " (e.customer_id, e.meter, e.quantity, e.source_id)"
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
    "each threshold that a month reached is told once": (
        "SELECT count(*) FROM billing_thresholdreached t WHERE (SELECT count(*) FROM kernel_event e"
        " WHERE e.name = 'usage.threshold_reached' AND e.subject = t.billing_period_id::text"
        " AND e.payload ->> 'kind' = t.kind AND (e.payload ->> 'threshold')::numeric = t.threshold) > 1"
    ),
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
    "every invoice is due thirty days after it was received": (
        "SELECT count(*) FROM billing_invoice i WHERE i.kind <> 'credit_note' AND i.due_on IS NOT NULL"
        " AND abs(i.due_on - 30 - (i.received_at AT TIME ZONE 'UTC')::date) > 1"
    ),
    "every invoice's mail that waits has a job": (
        "SELECT count(*) FROM billing_invoicemail m WHERE m.state = 'queued' AND NOT EXISTS (SELECT FROM"
        " kernel_job j WHERE j.key = 'billing.mail_invoice:' || m.id AND j.state IN ('queued', 'running', 'dead'))"
    ),
    "no document has an electronic invoice without its sealed PDF": (
        "SELECT count(*) FROM billing_invoicefile f WHERE f.format <> 'pdf' AND NOT EXISTS (SELECT FROM"
        " billing_invoicefile p WHERE p.invoice_id = f.invoice_id AND p.format = 'pdf')"
    ),
}

# Evaluated once for all customers, over the union of their schemas; {customer} and {schema} are filled in.
_PER_CUSTOMER: dict[str, str] = {
    "every published live seal has exactly one usage event": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.status = 'sealed' AND s.live AND (SELECT count(*)"
        " FROM billing_usageevent u WHERE u.meter = 'seal' AND u.source_id = s.id AND u.customer_id = {customer}) <> 1"
    ),
    "every usage event of the meter seal has its published live seal": (
        "SELECT count(*) FROM billing_usageevent u WHERE u.meter = 'seal' AND u.source_type = 'seal'"
        " AND u.customer_id = {customer} AND u.quantity > 0 AND NOT EXISTS (SELECT FROM {schema}.sealing_seal s"
        " WHERE s.id = u.source_id AND s.status = 'sealed' AND s.live)"
    ),
    "every published seal has a recorded attempt": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.status = 'sealed' AND (SELECT count(*)"
        " FROM {schema}.sealing_sealattempt a WHERE a.seal_id = s.id AND a.outcome = 'published') <> 1"
    ),
    "every batch counts its items and those that are unfinished": (
        "SELECT count(*) FROM {schema}.sealing_batch b WHERE (b.size, b.unfinished) <> (SELECT count(*),"
        " count(*) FILTER (WHERE s.status IN ('queued', 'sealing', 'waiting_for_timestamp'))"
        " FROM {schema}.sealing_batchitem i LEFT JOIN {schema}.sealing_seal s ON s.id = i.seal_id"
        " WHERE i.batch_id = b.id)"
    ),
    "exactly the closed batches without unfinished items are finished": (
        "SELECT count(*) FROM {schema}.sealing_batch b"
        " WHERE (b.finished_at IS NOT NULL) <> (b.closed_at IS NOT NULL AND b.unfinished = 0)"
    ),
    "no batch is told of before it is finished, or twice": (
        "SELECT count(*) FROM {schema}.sealing_batch b WHERE (CASE WHEN b.finished_at IS NULL THEN 0 ELSE 1 END) <"
        " (SELECT count(*) FROM kernel_event e WHERE e.customer_id = {customer} AND e.name = 'batch.finished'"
        " AND e.subject = b.id)"
    ),
    "the files of deleted documents are gone, or a job is about to destroy them": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.deleted_at IS NOT NULL AND (s.object_name IS NOT NULL"
        " OR EXISTS (SELECT FROM {schema}.sealing_document d WHERE d.seal_id = s.id AND d.object_name IS NOT NULL))"
        " AND NOT EXISTS (SELECT FROM kernel_job j WHERE j.kind = 'sealing.destroy_objects'"
        " AND j.state IN ('queued', 'running') AND j.payload ->> 'subject' = s.id)"
    ),
    "of deleted documents nothing is kept that the customer wrote": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.deleted_at IS NOT NULL AND"
        " (s.encrypted_options <> '' OR s.reference_index <> '' OR s.sha256 <> ''"
        " OR EXISTS (SELECT FROM {schema}.sealing_document d WHERE d.seal_id = s.id"
        " AND (d.encrypted_name <> '' OR d.digest <> '' OR d.search_index <> '{{}}'))"
        " OR EXISTS (SELECT FROM {schema}.sealing_sealarchiving a WHERE a.seal_id = s.id"
        " AND (a.sha256 <> '' OR a.sha256_before <> ''))"
        " OR EXISTS (SELECT FROM {schema}.sealing_sealreceipt r WHERE r.seal_id = s.id)"
        " OR EXISTS (SELECT FROM {schema}.sealing_seallabel l WHERE l.seal_id = s.id)"
        " OR EXISTS (SELECT FROM {schema}.sealing_sealshare h WHERE h.seal_id = s.id))"
    ),
    "every archived seal knows until when its archive timestamp holds": (
        "SELECT count(*) FROM {schema}.sealing_seal WHERE status = 'sealed'"
        " AND deleted_at IS NULL AND (level = 'B-LTA') <> (archived_until IS NOT NULL)"
    ),
    "no archive timestamp has ended without a successor": (
        "SELECT count(*) FROM {schema}.sealing_seal WHERE status = 'sealed' AND live"
        " AND deleted_at IS NULL AND archived_until < clock_timestamp()"
    ),
    "every archiving under way has a job": (
        "SELECT count(*) FROM {schema}.sealing_sealarchiving a WHERE a.ended_at IS NULL"
        " AND NOT EXISTS (SELECT FROM kernel_job j WHERE j.kind = 'sealing.perform_archiving'"
        " AND j.state IN ('queued', 'running') AND j.payload ->> 'archiving' = a.id)"
    ),
    "every unfinished seal has a job": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.status IN ('queued', 'sealing', 'waiting_for_timestamp')"
        " AND NOT EXISTS (SELECT FROM kernel_job j WHERE j.kind = 'sealing.perform_seal'"
        " AND j.state IN ('queued', 'running') AND j.payload ->> 'subject' = s.id)"
    ),
}


def broken_invariants() -> dict[str, int]:
    """Name and number of exceptions of every invariant that does not hold."""
    found = Counter(_counts(_PUBLIC))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, schema_name FROM public.accounts_customer WHERE status <> 'closed'")
        customers = cursor.fetchall()
    for customer, schema in customers:
        names = {"schema": connection.ops.quote_name(schema), "customer": f"'{customer}'"}
        found.update(_counts({name: statement.format(**names) for name, statement in _PER_CUSTOMER.items()}))
    return {name: count for name, count in found.items() if count}


def _counts(statements: Mapping[str, str]) -> dict[str, int]:
    """What each statement counts, asked in one question."""
    names = list(statements)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT {place}, ({statements[name]})" for place, name in enumerate(names)))
        return {names[place]: int(count) for place, count in cursor.fetchall()}
