"""What constraints cannot say: finalised documents never change, money rows are append-only, the books balance."""

from django.db import migrations

FIXED = ("vatevidence", "invoicefile", "allocation", "bankstatement", "journalentry", "posting")

GUARDS = """
CREATE FUNCTION billing_invoice_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    -- The receipt, and the due date that counts from it, are known once the document is delivered (B9).
    IF TG_OP = 'UPDATE' AND OLD.received_at IS NULL
       AND to_jsonb(NEW) - 'received_at' - 'due_on' = to_jsonb(OLD) - 'received_at' - 'due_on' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'document % is finalised', OLD.number USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_invoice_fixed BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_fixed();
CREATE TRIGGER billing_invoice_kept BEFORE TRUNCATE ON billing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();

CREATE FUNCTION billing_line_of_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF EXISTS (SELECT FROM public.billing_invoice WHERE id = line.invoice_id AND state = 'finalised')
       OR TG_OP = 'UPDATE' AND NEW.invoice_id <> OLD.invoice_id THEN
        RAISE EXCEPTION 'line % is of a finalised document', line.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN line;
END $$;
CREATE TRIGGER billing_invoiceline_of_draft BEFORE INSERT OR UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_line_of_draft();

-- Numbers go up by one, by whoever holds the row's lock, and are never given back.
CREATE FUNCTION billing_series_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.last_number = OLD.last_number + 1
       AND (NEW.code, NEW.year) = (OLD.code, OLD.year) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'series % counts by one', OLD.code USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_documentseries_counts BEFORE UPDATE OR DELETE ON billing_documentseries
    FOR EACH ROW EXECUTE FUNCTION billing_series_counts();

CREATE FUNCTION billing_payment_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.customer_id IS NULL
       AND to_jsonb(NEW) - 'customer_id' = to_jsonb(OLD) - 'customer_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'payment % never changes', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_payment_fixed BEFORE UPDATE OR DELETE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_payment_fixed();

CREATE FUNCTION billing_specialterms_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ends_on IS NULL AND to_jsonb(NEW) - 'ends_on' = to_jsonb(OLD) - 'ends_on' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'special terms % never change', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_specialterms_fixed BEFORE UPDATE OR DELETE ON billing_specialterms
    FOR EACH ROW EXECUTE FUNCTION billing_specialterms_fixed();

CREATE FUNCTION billing_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount) FROM public.billing_posting WHERE entry_id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION 'journal entry % does not sum to zero', NEW.entry_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_posting_balances AFTER INSERT ON billing_posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_entry_balances();

-- An invoice is never settled beyond what it demands, nor a payment or credit note used beyond what it is.
CREATE FUNCTION billing_allocation_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('billing.allocation:' || NEW.customer_id, 0));
    IF NOT EXISTS (
        SELECT FROM public.billing_invoice i WHERE i.id = NEW.invoice_id AND i.customer_id = NEW.customer_id
           AND i.state = 'finalised' AND i.kind <> 'credit_note'
           AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM public.billing_allocation
                              WHERE invoice_id = i.id) BETWEEN 0 AND i.gross)
       OR NEW.payment_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.billing_payment p WHERE p.id = NEW.payment_id AND p.customer_id = NEW.customer_id
           AND p.kind = 'receipt'
           AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM public.billing_allocation
                              WHERE payment_id = p.id) BETWEEN 0 AND p.amount)
       OR NEW.credit_note_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.billing_invoice c WHERE c.id = NEW.credit_note_id AND c.customer_id = NEW.customer_id
           AND c.state = 'finalised' AND c.kind = 'credit_note'
           AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM public.billing_allocation
                              WHERE credit_note_id = c.id) BETWEEN 0 AND c.gross) THEN
        RAISE EXCEPTION 'allocation of % to % does not fit', NEW.amount, NEW.invoice_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_allocation_fits BEFORE INSERT ON billing_allocation
    FOR EACH ROW EXECUTE FUNCTION billing_allocation_fits();
""" + "".join(
    f"""
CREATE TRIGGER billing_{table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""
    for table in FIXED
)
NO_GUARDS = (
    """
DROP FUNCTION billing_allocation_fits, billing_entry_balances, billing_specialterms_fixed, billing_payment_fixed,
    billing_series_counts, billing_line_of_draft, billing_invoice_fixed CASCADE;
DROP TRIGGER billing_invoice_kept ON billing_invoice;
"""
    + "".join(f"DROP TRIGGER billing_{table}_fixed ON billing_{table};\n" for table in FIXED)
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_invoicing")]

    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
