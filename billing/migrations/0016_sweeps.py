"""Bookkeeping whose ten years are over goes, whole years of one customer at a time and never in pieces (D4)."""

from django.db import migrations

# Documents that hang together by money go together: an invoice with its lines, files, reminders and entries in the
# books, with what paid and credited it, and what that paid besides. The youngest of them says when.
TO_GO = """
CREATE FUNCTION billing_books_to_go(wanted text, until timestamptz) RETURNS SETOF text LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' AS $$
WITH RECURSIVE invoice AS (
    SELECT * FROM public.billing_invoice WHERE customer_id = wanted
), allocation AS (
    SELECT * FROM public.billing_allocation WHERE customer_id = wanted
), payment AS (
    SELECT * FROM public.billing_payment WHERE customer_id = wanted
), line AS (
    SELECT l.* FROM public.billing_invoiceline l JOIN invoice i ON i.id = l.invoice_id
), card AS (
    SELECT * FROM public.billing_cardpayment WHERE customer_id = wanted
), refund AS (
    SELECT r.*, c.invoice_id FROM public.billing_cardrefund r JOIN card c ON c.id = r.card_payment_id
), dated (node, at) AS (
    SELECT 'i' || id, greatest(drafted_at, finalised_at, issued_on::timestamptz) FROM invoice
    UNION ALL SELECT 'i' || a.invoice_id, greatest(a.made_at, a.value_on::timestamptz) FROM allocation a
    UNION ALL SELECT 'i' || m.invoice_id, m.queued_at FROM public.billing_invoicemail m
        JOIN invoice i ON i.id = m.invoice_id
    UNION ALL SELECT 'i' || s.invoice_id, greatest(s.at, s.withdrawn_at) FROM public.billing_dunningstep s
        WHERE s.customer_id = wanted
    UNION ALL SELECT 'i' || p.invoice_id, greatest(p.proposed_at, p.decided_at) FROM public.billing_dunningproposal p
        WHERE p.customer_id = wanted
    UNION ALL SELECT 'i' || c.invoice_id, greatest(c.created_at, c.fetched_at) FROM card c
    UNION ALL SELECT 'i' || r.invoice_id, greatest(r.asked_at, r.fetched_at) FROM refund r
    UNION ALL SELECT 'i' || l.invoice_id, e.recorded_at FROM line l JOIN public.billing_journalentry e
        ON e.document_type = 'invoice_line' AND split_part(e.document_id, ':', 1) = l.id::text
        WHERE l.kind = 'term_fee'
    UNION ALL SELECT 'p' || id, greatest(recorded_at, value_on::timestamptz) FROM payment
    UNION ALL SELECT 'c' || id, occurred_at FROM public.billing_charge WHERE customer_id = wanted
), unsettled (node) AS (
    -- What a living customer owes or is owed is no history yet, however old.
    SELECT 'i' || i.id FROM invoice i WHERE i.state = 'finalised' AND i.gross > (SELECT coalesce(sum(a.amount), 0)
        FROM allocation a WHERE a.invoice_id = i.id OR a.credit_note_id = i.id)
    UNION ALL SELECT 'p' || p.id FROM payment p WHERE p.kind = 'receipt' AND p.reverses_id IS NULL
        AND p.amount + (SELECT coalesce(sum(r.amount), 0) FROM payment r WHERE r.reverses_id = p.id)
            > (SELECT coalesce(sum(a.amount), 0) FROM allocation a WHERE a.payment_id = p.id)
), pair (one, other) AS (
    SELECT 'i' || a.invoice_id, 'p' || a.payment_id FROM allocation a WHERE a.payment_id IS NOT NULL
    UNION SELECT 'i' || a.invoice_id, 'i' || a.credit_note_id FROM allocation a WHERE a.credit_note_id IS NOT NULL
    UNION SELECT 'i' || i.id, 'i' || i.credits_id FROM invoice i WHERE i.credits_id IS NOT NULL
    UNION SELECT 'i' || l.invoice_id, 'i' || l.overdue_invoice_id FROM line l WHERE l.overdue_invoice_id IS NOT NULL
    UNION SELECT 'i' || l.invoice_id, 'i' || c.invoice_id FROM line l JOIN line c ON c.id = l.credited_line_id
    UNION SELECT 'i' || l.invoice_id, 'c' || l.charge_id FROM line l WHERE l.charge_id IS NOT NULL
    UNION SELECT 'c' || c.id, 'c' || c.reverses_id FROM public.billing_charge c
        WHERE c.customer_id = wanted AND c.reverses_id IS NOT NULL
    UNION SELECT 'p' || p.id, 'p' || p.reverses_id FROM payment p WHERE p.reverses_id IS NOT NULL
    UNION SELECT 'i' || c.invoice_id, 'p' || c.payment_id FROM card c WHERE c.payment_id IS NOT NULL
    UNION SELECT 'i' || r.invoice_id, 'p' || r.payment_id FROM refund r WHERE r.payment_id IS NOT NULL
), kept (node) AS (
    SELECT node FROM (
        SELECT node FROM dated WHERE at >= until
        UNION ALL SELECT node FROM unsettled WHERE EXISTS (SELECT FROM public.accounts_customer c
            WHERE c.id = wanted AND c.status <> 'closed')
    ) young
    UNION SELECT near.node FROM kept JOIN LATERAL (
        SELECT other FROM pair WHERE one = kept.node UNION ALL SELECT one FROM pair WHERE other = kept.node
    ) near (node) ON true
)
SELECT node FROM dated EXCEPT SELECT node FROM kept
$$;

-- Where the months begin that are kept, when these invoices are gone: infinity if none is. A month that a kept invoice
-- or a kept correction refers to is kept, and all after it.
CREATE FUNCTION billing_books_begin(wanted text, until timestamptz, going text[]) RETURNS timestamptz LANGUAGE plpgsql
STABLE SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE begins timestamptz; earlier timestamptz;
BEGIN
    SELECT coalesce(min(p.starts_at), 'infinity') INTO begins FROM public.billing_billingperiod p
        WHERE p.customer_id = wanted AND (p.ends_at >= until OR p.state = 'open' OR EXISTS (
            SELECT FROM public.billing_invoiceline l WHERE l.billing_period_id = p.id AND l.invoice_id <> ALL (going)));
    LOOP
        SELECT min(p.starts_at) INTO earlier FROM public.billing_usagecorrection c
            JOIN public.billing_usageevent r ON r.id = c.reversal_id
            JOIN public.billing_billingperiod kept ON kept.id = r.billing_period_id
            JOIN public.billing_usageevent o ON o.id = c.corrected_id
            JOIN public.billing_billingperiod p ON p.id = o.billing_period_id
            WHERE p.customer_id = wanted AND kept.ends_at > begins AND p.ends_at <= begins;
        EXIT WHEN earlier IS NULL;
        begins := earlier;
    END LOOP;
    RETURN begins;
END $$;

-- How many documents and months of a customer are due.
CREATE FUNCTION billing_books_due(wanted text, until timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE going text[];
BEGIN
    going := ARRAY(SELECT node FROM public.billing_books_to_go(wanted, until) AS node);
    RETURN cardinality(going) + (SELECT count(*) FROM public.billing_billingperiod p WHERE p.customer_id = wanted
        AND p.ends_at <= public.billing_books_begin(wanted, until,
            ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'i%')));
END $$;
"""

ERASE = """
CREATE FUNCTION billing_erase_books(wanted text, until timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET "sealport.erasing" = 'on' AS $$
DECLARE going text[]; invoices text[]; payments text[]; charges text[]; begins timestamptz; gone bigint; months bigint;
BEGIN
    until := least(until, public.kernel_erasing_horizon('10 years', true));
    -- As who allocates, bills and counts: nothing is added to what is about to go.
    PERFORM pg_advisory_xact_lock(hashtextextended('billing.allocation:' || wanted, 0));
    PERFORM pg_advisory_xact_lock(public.billing_usage_lock(wanted));
    going := ARRAY(SELECT node FROM public.billing_books_to_go(wanted, until) AS node);
    invoices := ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'i%');
    payments := ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'p%');
    charges := ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'c%');
    begins := public.billing_books_begin(wanted, until, invoices);
    PERFORM public.billing_erase_documents(wanted, invoices, payments, charges);
    months := public.billing_erase_months(wanted, until, begins);
    PERFORM public.billing_erase_terms(wanted, until, begins);
    RETURN cardinality(going) + months;
END $$;

CREATE FUNCTION billing_erase_documents(wanted text, invoices text[], payments text[], charges text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE entries bigint[];
BEGIN
    entries := ARRAY(
        SELECT id FROM public.billing_journalentry WHERE document_type = 'invoice' AND document_id = ANY (invoices)
        UNION SELECT id FROM public.billing_journalentry WHERE document_type = 'payment' AND document_id = ANY (payments)
        UNION SELECT e.id FROM public.billing_journalentry e JOIN public.billing_allocation a
            ON e.document_type = 'allocation' AND e.document_id = a.id::text
            WHERE a.customer_id = wanted AND a.invoice_id = ANY (invoices)
        UNION SELECT e.id FROM public.billing_invoiceline l JOIN public.billing_journalentry e
            ON e.document_type = 'invoice_line' AND split_part(e.document_id, ':', 1) = l.id::text
            WHERE l.invoice_id = ANY (invoices));
    DELETE FROM public.billing_posting WHERE entry_id = ANY (entries);
    DELETE FROM public.billing_journalentry WHERE id = ANY (entries);
    DELETE FROM public.billing_cardrefund WHERE card_payment_id IN
        (SELECT id FROM public.billing_cardpayment WHERE invoice_id = ANY (invoices));
    DELETE FROM public.billing_cardpayment WHERE invoice_id = ANY (invoices);
    DELETE FROM public.billing_allocation WHERE customer_id = wanted AND invoice_id = ANY (invoices);
    DELETE FROM public.billing_dunningproposal WHERE invoice_id = ANY (invoices);
    DELETE FROM public.billing_dunningstep WHERE invoice_id = ANY (invoices);
    DELETE FROM public.billing_billingrun WHERE invoice_id = ANY (invoices);
    DELETE FROM public.billing_invoicemail WHERE invoice_id = ANY (invoices);
    DELETE FROM public.billing_invoicefile WHERE invoice_id = ANY (invoices);
    DELETE FROM public.billing_invoiceline WHERE invoice_id = ANY (invoices);
    DELETE FROM public.billing_invoice WHERE id = ANY (invoices);
    DELETE FROM public.billing_paymentflag WHERE payment_id = ANY (payments);
    DELETE FROM public.billing_payment WHERE id = ANY (payments);
    DELETE FROM public.billing_charge WHERE id = ANY (charges);
END $$;

CREATE FUNCTION billing_erase_months(wanted text, over timestamptz, begins timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE months bigint[];
BEGIN
    months := ARRAY(SELECT id FROM public.billing_billingperiod WHERE customer_id = wanted AND ends_at <= begins);
    DELETE FROM public.billing_usagecorrection WHERE corrected_id IN
        (SELECT id FROM public.billing_usageevent WHERE billing_period_id = ANY (months));
    DELETE FROM public.billing_usageevent WHERE billing_period_id = ANY (months);
    DELETE FROM public.billing_meterreading WHERE billing_period_id = ANY (months);
    DELETE FROM public.billing_thresholdreached WHERE billing_period_id = ANY (months);
    -- In one statement: the first month that is kept refers to the last that goes, and only one may refer to none.
    WITH gone AS (DELETE FROM public.billing_billingperiod WHERE id = ANY (months) RETURNING id)
    UPDATE public.billing_billingperiod SET previous_ends_at = NULL WHERE customer_id = wanted AND ends_at > begins
        AND previous_ends_at <= begins AND (SELECT count(*) FROM gone) > 0;
    DELETE FROM public.billing_meterlevel WHERE customer_id = wanted
        AND "on" < least(over, begins)::date - 1 AND recorded_at < over;
    DELETE FROM public.billing_billingrun r WHERE r.customer_id = wanted AND r.invoice_id IS NULL AND r.state = 'done'
        AND r.until <= least(over, begins);
    RETURN cardinality(months);
END $$;

CREATE FUNCTION billing_erase_terms(wanted text, until timestamptz, begins timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE first_kept timestamptz; living boolean;
BEGIN
    SELECT status <> 'closed' INTO living FROM public.accounts_customer WHERE id = wanted;
    SELECT least(until, begins, min(t.starts_at)) INTO first_kept FROM public.billing_subscriptionterm t
        WHERE t.customer_id = wanted AND EXISTS (SELECT FROM public.billing_invoiceline l WHERE l.term_id = t.id);
    DELETE FROM public.billing_subscriptionterm WHERE customer_id = wanted AND ends_at <= first_kept;
    DELETE FROM public.billing_subscriptionchange WHERE customer_id = wanted AND state <> 'pending'
        AND greatest(requested_at, effective_at, settled_at) < until;
    DELETE FROM public.billing_storageexcess WHERE customer_id = wanted AND ended_at < until;
    DELETE FROM public.billing_pricechangenotice WHERE customer_id = wanted AND given_at < until;
    DELETE FROM public.billing_addonorder o USING public.billing_addon a WHERE o.customer_id = wanted
        AND a.code = o.add_on_id AND NOT EXISTS (SELECT FROM public.billing_charge c WHERE c.customer_id = wanted
            AND c.source_type IN ('add_on_order', 'add_on_month') AND split_part(c.source_id, ':', 1) = o.id)
        AND CASE WHEN a.interval = 'once' THEN greatest(o.ordered_at, o.ends_on::timestamptz) ELSE o.ends_on::timestamptz END < until;
    DELETE FROM public.billing_subscription s WHERE s.customer_id = wanted AND s.ended_at < until
        AND public.kernel_is_unreferenced('public.billing_subscription', s.id::text, '{}')
        AND NOT EXISTS (SELECT FROM public.billing_billingperiod p WHERE p.subscription_id = s.id);
    DELETE FROM public.billing_specialterms s WHERE s.customer_id = wanted AND s.ends_on < until::date
        AND public.kernel_is_unreferenced('public.billing_specialterms', s.id, '{}');
    DELETE FROM public.billing_savedcard c WHERE c.customer_id = wanted AND c.removed_at < until
        AND NOT EXISTS (SELECT FROM public.billing_cardpayment p WHERE p.saved_card_id = c.id);
    DELETE FROM public.billing_vatevidence v WHERE v.customer_id = wanted AND v.checked_at < until
        AND NOT EXISTS (SELECT FROM public.billing_invoice i WHERE i.vat_evidence_id = v.id)
        AND (NOT living OR EXISTS (SELECT FROM public.billing_vatevidence newer
            WHERE newer.customer_id = wanted AND newer.checked_at > v.checked_at));
END $$;
REVOKE EXECUTE ON FUNCTION billing_erase_documents(text, text[], text[], text[]),
    billing_erase_months(text, timestamptz, timestamptz), billing_erase_terms(text, timestamptz, timestamptz)
    FROM PUBLIC;
"""

SHARED = """
INSERT INTO kernel_erasable VALUES
    ('billing_bankstatement', 'id', 't.imported_at',
     'NOT EXISTS (SELECT FROM public.billing_payment p WHERE p.statement_id = t.id)', '10 years', true,
     '{billing_unfitentry.statement_id}'),
    ('billing_detriment', 'id', 't.recorded_at', 'true', '10 years', true, '{}');
SELECT kernel_let_erasing_pass('billing_charge', 'billing_subscriptionterm', 'billing_subscriptionchange',
    'billing_detriment', 'billing_addonorder', 'billing_meterlevel', 'billing_cardpayment', 'billing_savedcard',
    'billing_cardrefund', 'billing_usageevent', 'billing_meterreading', 'billing_billingperiod', 'billing_invoice',
    'billing_invoiceline', 'billing_invoicefile', 'billing_payment', 'billing_specialterms', 'billing_journalentry',
    'billing_posting', 'billing_allocation', 'billing_vatevidence', 'billing_bankstatement', 'billing_unfitentry',
    'billing_dunningstep', 'billing_dunningproposal', 'billing_usagecorrection', 'billing_storageexcess',
    'billing_pricechangenotice', 'billing_paymentflag', 'billing_thresholdreached', 'billing_billingrun',
    'billing_invoicemail', 'billing_subscription');
"""

KEPT = """
DELETE FROM kernel_erasable WHERE table_name LIKE 'billing\\_%';
DROP FUNCTION billing_erase_terms, billing_erase_months, billing_erase_documents, billing_erase_books,
    billing_books_due, billing_books_begin, billing_books_to_go;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_documents"),
        ("kernel", "0007_sweeps"),
        ("accounts", "0010_privacy_legal"),
    ]

    operations = [
        migrations.RunSQL(TO_GO, migrations.RunSQL.noop),
        migrations.RunSQL(ERASE, migrations.RunSQL.noop),
        migrations.RunSQL(SHARED, KEPT),
    ]
