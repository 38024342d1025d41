"""What constraints cannot say: rows that never change, periods that never overlap, periods that stay closed."""

from django.db import migrations

CHAINS = """
ALTER TABLE billing_billingperiod
    ADD CONSTRAINT period_of_subscription FOREIGN KEY (subscription_id, customer_id)
        REFERENCES billing_subscription (id, customer_id),
    ADD CONSTRAINT period_follows_previous FOREIGN KEY (subscription_id, previous_ends_at)
        REFERENCES billing_billingperiod (subscription_id, ends_at);
ALTER TABLE billing_usageevent
    ADD CONSTRAINT usage_event_in_period FOREIGN KEY (billing_period_id, customer_id)
        REFERENCES billing_billingperiod (id, customer_id);
"""
NO_CHAINS = """
ALTER TABLE billing_usageevent DROP CONSTRAINT usage_event_in_period;
ALTER TABLE billing_billingperiod
    DROP CONSTRAINT period_follows_previous, DROP CONSTRAINT period_of_subscription;
"""

GUARDS = """
CREATE FUNCTION billing_usage_lock(customer text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT hashtextextended('billing.usage:' || customer, 0) $$;

CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER billing_planversion_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_planversion
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER billing_usageevent_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_usageevent
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER billing_meterreading_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_meterreading
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER billing_billingperiod_kept BEFORE DELETE OR TRUNCATE ON billing_billingperiod
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();

CREATE FUNCTION billing_period_only_closes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'open' AND NEW.state = 'closed'
       AND to_jsonb(NEW) - 'state' - 'closed_at' = to_jsonb(OLD) - 'state' - 'closed_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a billing period can only be closed, once'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_billingperiod_only_closes BEFORE UPDATE ON billing_billingperiod
    FOR EACH ROW EXECUTE FUNCTION billing_period_only_closes();

-- Within a subscription the chain of foreign keys leaves no room for an overlap; here are the others of the
-- same customer. The lock makes two transactions that would each not see the other's period take turns.
CREATE FUNCTION billing_period_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('billing.periods:' || NEW.customer_id, 0));
    IF EXISTS (SELECT FROM public.billing_billingperiod other
                WHERE other.customer_id = NEW.customer_id AND other.subscription_id <> NEW.subscription_id
                  AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at) THEN
        RAISE EXCEPTION 'customer % has a billing period of another subscription then', NEW.customer_id
            USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_billingperiod_alone BEFORE INSERT ON billing_billingperiod
    FOR EACH ROW EXECUTE FUNCTION billing_period_alone();

-- Closing takes the same lock exclusively, so an event is counted by the closing or finds the period closed.
CREATE FUNCTION billing_event_fits_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(public.billing_usage_lock(NEW.customer_id));
    IF NOT EXISTS (SELECT FROM public.billing_billingperiod period
                    WHERE period.id = NEW.billing_period_id AND period.state = 'open'
                      AND NEW.occurred_at < period.ends_at
                      AND NEW.late = (NEW.occurred_at < period.starts_at)) THEN
        RAISE EXCEPTION 'usage event % does not fit an open billing period', NEW.source_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_usageevent_fits_period BEFORE INSERT ON billing_usageevent
    FOR EACH ROW EXECUTE FUNCTION billing_event_fits_period();
"""
NO_GUARDS = """
DROP FUNCTION billing_event_fits_period, billing_period_alone, billing_period_only_closes,
    billing_refuse_change CASCADE;
DROP FUNCTION billing_usage_lock;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunSQL(CHAINS, NO_CHAINS),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
