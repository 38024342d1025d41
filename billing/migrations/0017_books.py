"""The books of a year go with all that hangs on them; what once cost something is not charged again (D4, B1, B8)."""

from importlib import import_module

from django.db import migrations, models

# Compared with the functions before: credit that was paid back goes with what paid it back; what was assigned, sent or
# looked at later counts; an invoice of a term that is kept is kept; and what belongs to no document is counted, too.
DOCUMENTS = """
DROP FUNCTION billing_erase_terms(text, timestamptz, timestamptz), billing_books_to_go(text, timestamptz);
CREATE FUNCTION billing_books_to_go(wanted text, until timestamptz, held text[]) RETURNS SETOF text LANGUAGE sql STABLE
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
), movement AS (
    -- A payment with the first one of what came back and was undone: of them together something is left, or nothing.
    SELECT p.*, coalesce(third.id, second.id, first.id, p.id) AS root FROM payment p
        LEFT JOIN payment first ON first.id = p.reverses_id LEFT JOIN payment second ON second.id = first.reverses_id
        LEFT JOIN payment third ON third.id = second.reverses_id
), dated (node, at) AS (
    SELECT 'i' || id, greatest(drafted_at, finalised_at, issued_on::timestamptz, received_at) FROM invoice
    UNION ALL SELECT 'p' || p.id, e.recorded_at FROM payment p JOIN public.billing_journalentry e
        ON e.document_type = 'payment' AND e.document_id = p.id
    UNION ALL SELECT 'p' || p.id, greatest(f.raised_at, f.cleared_at) FROM payment p
        JOIN public.billing_paymentflag f ON f.payment_id = p.id
    UNION ALL SELECT 'i' || a.invoice_id, greatest(a.made_at, a.value_on::timestamptz) FROM allocation a
    UNION ALL SELECT 'i' || m.invoice_id, greatest(m.queued_at, m.sent_at) FROM public.billing_invoicemail m
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
), loose (node, amount) AS (
    -- What settles no invoice, less what was paid back: a refund need not say of which credit note or receipt.
    SELECT 'p' || root, sum(amount - coalesce((SELECT sum(a.amount) FROM allocation a WHERE a.payment_id = m.id), 0))
        FROM movement m GROUP BY root
    UNION ALL SELECT 'i' || i.id, i.gross - coalesce((SELECT sum(a.amount) FROM allocation a
        WHERE a.credit_note_id = i.id), 0) FROM invoice i WHERE i.state = 'finalised' AND i.kind = 'credit_note'
), credit (node, amount) AS (
    SELECT node, amount FROM loose WHERE amount <> 0
        AND NOT EXISTS (SELECT FROM dated d WHERE d.node = loose.node AND d.at >= until)
), unsettled (node) AS (
    -- What a living customer owes or is owed is no history yet, however old.
    SELECT 'i' || i.id FROM invoice i WHERE i.state <> 'finalised' OR i.kind <> 'credit_note'
        AND i.gross > (SELECT coalesce(sum(a.amount), 0) FROM allocation a WHERE a.invoice_id = i.id)
    UNION ALL SELECT 'credit' WHERE (SELECT sum(amount) FROM credit) <> 0
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
    UNION SELECT 'credit', node FROM credit
), kept (node) AS (
    SELECT node FROM (
        SELECT node FROM dated WHERE at >= until
        UNION ALL SELECT unnest(held)
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
-- or a kept correction refers to is kept, and all after it. What a closed customer left open is
-- closed by nobody any more.
CREATE OR REPLACE FUNCTION billing_books_begin(wanted text, until timestamptz, going text[])
RETURNS timestamptz LANGUAGE plpgsql STABLE SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE begins timestamptz; earlier timestamptz;
BEGIN
    SELECT coalesce(min(p.starts_at), 'infinity') INTO begins FROM public.billing_billingperiod p
        WHERE p.customer_id = wanted AND (p.ends_at >= until OR p.state = 'open' AND EXISTS (
            SELECT FROM public.accounts_customer c WHERE c.id = wanted AND c.status <> 'closed') OR EXISTS (
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

-- The terms that are kept when nothing but these months is: whole ones, from the first that a document still names.
CREATE FUNCTION billing_terms_begin(wanted text, until timestamptz, begins timestamptz, going text[])
RETURNS timestamptz LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT least(until, begins, min(t.starts_at)) FROM public.billing_subscriptionterm t WHERE t.customer_id = wanted
        AND EXISTS (SELECT FROM public.billing_invoiceline l WHERE l.term_id = t.id AND l.invoice_id <> ALL (going))
$$;

-- The documents of a customer that go, but for invoices of terms that are kept: without its invoice a term is demanded.
CREATE FUNCTION billing_books_going(wanted text, until timestamptz) RETURNS text[] LANGUAGE plpgsql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE going text[]; held text[] := '{}'; more text[]; invoices text[]; begins timestamptz;
BEGIN
    LOOP
        going := ARRAY(SELECT public.billing_books_to_go(wanted, until, held));
        invoices := ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'i%');
        begins := public.billing_books_begin(wanted, until, invoices);
        more := ARRAY(SELECT DISTINCT 'i' || l.invoice_id FROM public.billing_invoiceline l
            JOIN public.billing_subscriptionterm t ON t.id = l.term_id WHERE t.customer_id = wanted
            AND l.invoice_id = ANY (invoices)
            AND t.ends_at > public.billing_terms_begin(wanted, until, begins, invoices));
        IF more = '{}' THEN RETURN going; END IF;
        held := held || more;
    END LOOP;
END $$;

-- How many documents and months of a customer are due.
CREATE OR REPLACE FUNCTION billing_books_due(wanted text, until timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE going text[];
BEGIN
    going := public.billing_books_going(wanted, until);
    RETURN cardinality(going) + (SELECT count(*) FROM public.billing_billingperiod p WHERE p.customer_id = wanted
        AND p.ends_at <= public.billing_books_begin(wanted, until,
            ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'i%')));
END $$;
"""

ERASE = """
-- What is neither document nor month and over: `name` is the table, in which a row goes when nothing needs it any more.
-- A closed customer has no pending wishes, and its contract ended with its last subscription.
CREATE FUNCTION billing_terms_to_go(wanted text, until timestamptz, name text) RETURNS SETOF text LANGUAGE plpgsql
STABLE SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE living boolean; running boolean; first_kept timestamptz;
BEGIN
    SELECT status <> 'closed' INTO living FROM public.accounts_customer WHERE id = wanted;
    running := living OR EXISTS (SELECT FROM public.billing_subscription s WHERE s.customer_id = wanted
        AND coalesce(s.ended_at, 'infinity') >= until);
    CASE name
    WHEN 'billing_subscriptionterm' THEN
        first_kept := public.billing_terms_begin(
            wanted, until, public.billing_books_begin(wanted, until, '{}'), '{}');
        RETURN QUERY SELECT t.id::text FROM public.billing_subscriptionterm t
            WHERE t.customer_id = wanted AND t.ends_at <= first_kept;
    WHEN 'billing_subscriptionchange' THEN
        RETURN QUERY SELECT c.id::text FROM public.billing_subscriptionchange c WHERE c.customer_id = wanted
            AND (c.state <> 'pending' OR NOT running)
            AND greatest(c.requested_at, c.effective_at, c.settled_at) < until;
    WHEN 'billing_storageexcess' THEN
        RETURN QUERY SELECT e.id::text FROM public.billing_storageexcess e
            WHERE e.customer_id = wanted AND coalesce(e.ended_at, e.erase_on::timestamptz) < until;
    WHEN 'billing_pricechangenotice' THEN
        RETURN QUERY SELECT n.id::text FROM public.billing_pricechangenotice n
            WHERE n.customer_id = wanted AND n.given_at < until;
    WHEN 'billing_addonorder' THEN
        RETURN QUERY SELECT o.id::text FROM public.billing_addonorder o JOIN public.billing_addon a
            ON a.code = o.add_on_id WHERE o.customer_id = wanted
            AND CASE WHEN a.interval = 'once' OR NOT running
                THEN greatest(o.ordered_at, o.ends_on::timestamptz) ELSE o.ends_on::timestamptz END < until
            AND NOT EXISTS (SELECT FROM public.billing_charge c WHERE c.customer_id = wanted
                AND c.source_type IN ('add_on_order', 'add_on_month') AND split_part(c.source_id, ':', 1) = o.id);
    WHEN 'billing_addonprice' THEN
        RETURN QUERY SELECT p.id::text FROM public.billing_addonprice p JOIN public.billing_addon a
            ON a.code = p.add_on_id WHERE a.customer_id = wanted AND NOT running AND p.published_at < until
            AND NOT EXISTS (SELECT FROM public.billing_addonorder o WHERE o.add_on_id = a.code);
    WHEN 'billing_addon' THEN
        RETURN QUERY SELECT a.code::text FROM public.billing_addon a WHERE a.customer_id = wanted AND NOT running
            AND a.published_at < until AND public.kernel_is_unreferenced('public.billing_addon', a.code, '{}');
    WHEN 'billing_subscription' THEN
        -- Of a living customer one is kept that remembers that the set-up fee was charged.
        RETURN QUERY SELECT s.id::text FROM public.billing_subscription s WHERE s.customer_id = wanted
            AND s.ended_at < until AND (NOT living OR s.setup_charged_at IS NULL)
            AND public.kernel_is_unreferenced('public.billing_subscription', s.id::text, '{}')
            AND NOT EXISTS (SELECT FROM public.billing_billingperiod p WHERE p.subscription_id = s.id);
    WHEN 'billing_specialterms' THEN
        RETURN QUERY SELECT s.id::text FROM public.billing_specialterms s WHERE s.customer_id = wanted
            AND coalesce(s.ends_on::timestamptz, CASE WHEN running THEN 'infinity' ELSE s.recorded_at END) < until
            AND public.kernel_is_unreferenced('public.billing_specialterms', s.id, '{}');
    WHEN 'billing_savedcard' THEN
        RETURN QUERY SELECT c.id::text FROM public.billing_savedcard c WHERE c.customer_id = wanted
            AND coalesce(c.removed_at, CASE WHEN living AND c.saved_at IS NOT NULL THEN 'infinity'
                ELSE c.consented_at END) < until
            AND NOT EXISTS (SELECT FROM public.billing_cardpayment p WHERE p.saved_card_id = c.id);
    WHEN 'billing_vatevidence' THEN
        RETURN QUERY SELECT v.id::text FROM public.billing_vatevidence v WHERE v.customer_id = wanted
            AND v.checked_at < until
            AND NOT EXISTS (SELECT FROM public.billing_invoice i WHERE i.vat_evidence_id = v.id)
            AND (NOT living OR EXISTS (SELECT FROM public.billing_vatevidence newer
                WHERE newer.customer_id = wanted AND newer.checked_at > v.checked_at));
    WHEN 'billing_billingrun' THEN
        RETURN QUERY SELECT r.id::text FROM public.billing_billingrun r WHERE r.customer_id = wanted
            AND r.invoice_id IS NULL AND NOT living
            AND r.until < billing_terms_to_go.until;
    WHEN 'billing_meterlevel' THEN
        RETURN QUERY SELECT l.id::text FROM public.billing_meterlevel l WHERE l.customer_id = wanted AND NOT living
            AND NOT EXISTS (SELECT FROM public.billing_billingperiod p WHERE p.customer_id = wanted)
            AND l.recorded_at < until;
    END CASE;
END $$;

-- The tables of `billing_terms_to_go`, what refers to others first.
CREATE FUNCTION billing_terms_tables() RETURNS text[] LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT ARRAY['billing_subscriptionterm', 'billing_subscriptionchange', 'billing_storageexcess',
        'billing_pricechangenotice', 'billing_addonorder', 'billing_addonprice', 'billing_addon',
        'billing_subscription', 'billing_specialterms', 'billing_savedcard', 'billing_vatevidence',
        'billing_billingrun', 'billing_meterlevel']
$$;

-- How many of these rows are due; what refers to a row of them hides it until it is gone itself.
CREATE FUNCTION billing_terms_due(wanted text, until timestamptz) RETURNS bigint LANGUAGE sql STABLE
SET search_path = pg_catalog AS $$
    SELECT count(*) FROM unnest(public.billing_terms_tables()) AS name,
        LATERAL public.billing_terms_to_go(wanted, until, name) AS key
$$;

CREATE FUNCTION billing_take_terms(wanted text, until timestamptz) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE name text; gone bigint := 0; went bigint;
BEGIN
    FOREACH name IN ARRAY public.billing_terms_tables() LOOP
        EXECUTE format('DELETE FROM public.%I t WHERE t.%I::text IN (SELECT public.billing_terms_to_go($1, $2, $3))',
            name, CASE name WHEN 'billing_addon' THEN 'code' ELSE 'id' END) USING wanted, until, name;
        GET DIAGNOSTICS went = ROW_COUNT;
        gone := gone + went;
    END LOOP;
    RETURN gone;
END $$;
REVOKE EXECUTE ON FUNCTION billing_take_terms(text, timestamptz) FROM PUBLIC;

-- The same, when there is nothing but them.
CREATE FUNCTION billing_erase_terms(wanted text, until timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET "sealport.erasing" = 'on' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('billing.allocation:' || wanted, 0));
    PERFORM pg_advisory_xact_lock(public.billing_usage_lock(wanted));
    RETURN public.billing_take_terms(wanted, least(until, public.kernel_erasing_horizon('10 years', true)));
END $$;

-- Money that came in and that nobody was ever found for goes with its year, too. What was returned of it goes by its
-- own. Each leaves its amount and day to whoever keeps the trail.
CREATE FUNCTION billing_erase_unassigned(keys text[], until timestamptz)
RETURNS TABLE (id text, amount numeric, value_on date) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET "sealport.erasing" = 'on' AS $$
DECLARE going text[];
BEGIN
    until := least(until, public.kernel_erasing_horizon('10 years', true));
    going := ARRAY(SELECT p.id FROM public.billing_payment p WHERE p.id = ANY (keys) AND p.customer_id IS NULL
        AND greatest(p.recorded_at, p.value_on::timestamptz) < until FOR UPDATE SKIP LOCKED);
    DELETE FROM public.billing_posting WHERE entry_id IN (SELECT e.id FROM public.billing_journalentry e
        WHERE e.document_type = 'payment' AND e.document_id = ANY (going));
    DELETE FROM public.billing_journalentry e WHERE e.document_type = 'payment' AND e.document_id = ANY (going);
    DELETE FROM public.billing_paymentflag WHERE payment_id = ANY (going);
    RETURN QUERY DELETE FROM public.billing_payment p WHERE p.id = ANY (going)
        RETURNING p.id::text, p.amount::numeric, p.value_on;
END $$;

CREATE OR REPLACE FUNCTION billing_erase_books(wanted text, until timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET "sealport.erasing" = 'on' AS $$
DECLARE going text[]; invoices text[]; payments text[]; charges text[]; begins timestamptz; gone bigint; months bigint;
BEGIN
    until := least(until, public.kernel_erasing_horizon('10 years', true));
    -- As who allocates, bills and counts: nothing is added to what is about to go.
    PERFORM pg_advisory_xact_lock(hashtextextended('billing.allocation:' || wanted, 0));
    PERFORM pg_advisory_xact_lock(public.billing_usage_lock(wanted));
    going := public.billing_books_going(wanted, until);
    invoices := ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'i%');
    payments := ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'p%');
    charges := ARRAY(SELECT substr(node, 2) FROM unnest(going) AS node WHERE node LIKE 'c%');
    begins := public.billing_books_begin(wanted, until, invoices);
    PERFORM public.billing_erase_documents(wanted, invoices, payments, charges);
    months := public.billing_erase_months(wanted, until, begins);
    PERFORM public.billing_take_terms(wanted, until);
    RETURN cardinality(going) + months;
END $$;

CREATE OR REPLACE FUNCTION billing_erase_months(wanted text, over timestamptz, begins timestamptz) RETURNS bigint
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
    -- Of a term that cost nothing its run alone says that it was looked at.
    DELETE FROM public.billing_billingrun r WHERE r.customer_id = wanted AND r.invoice_id IS NULL AND r.state = 'done'
        AND r.until <= least(over, begins) AND NOT EXISTS (SELECT FROM public.billing_subscriptionterm t
            WHERE t.customer_id = wanted AND r.key = 'term:' || t.id AND t.ends_at > least(over, begins));
    RETURN cardinality(months);
END $$;

SELECT kernel_let_erasing_pass('billing_addon', 'billing_addonprice');
"""

# The numbers of a customer's notices go with the last that is known of it.
LAST = """
UPDATE kernel_erasable SET parts = parts || 'accounts_noticecounter.owner'::text WHERE table_name = 'accounts_customer';
"""
NOT_LAST = """
UPDATE kernel_erasable SET parts = array_remove(parts, 'accounts_noticecounter.owner')
    WHERE table_name = 'accounts_customer';
"""

REMEMBER = """
UPDATE billing_subscription s SET setup_charged_at = c.occurred_at FROM billing_charge c
    WHERE c.source_type = 'setup' AND c.source_id = s.customer_id AND c.reverses_id IS NULL AND s.id = (
        SELECT f.id FROM billing_subscription f WHERE f.customer_id = c.customer_id ORDER BY f.started_at DESC LIMIT 1);
"""

_BEFORE = import_module("billing.migrations.0016_sweeps")
BEFORE = (
    """
DROP FUNCTION billing_erase_unassigned, billing_erase_terms, billing_take_terms, billing_terms_due,
    billing_terms_tables, billing_terms_to_go, billing_books_going, billing_terms_begin, billing_books_to_go,
    billing_books_begin, billing_books_due, billing_erase_books, billing_erase_documents, billing_erase_months;
"""
    + _BEFORE.TO_GO
    + _BEFORE.ERASE
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_sweeps"), ("accounts", "0012_sweeps")]

    operations = [
        migrations.AddField("subscription", "setup_charged_at", models.DateTimeField(null=True)),
        migrations.RunSQL(REMEMBER, migrations.RunSQL.noop),
        migrations.RunSQL(DOCUMENTS, BEFORE),
        migrations.RunSQL(ERASE, migrations.RunSQL.noop),
        migrations.RunSQL(LAST, NOT_LAST),
    ]
