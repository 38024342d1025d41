"""The certificate prices of clause A4; charges and prices that never change, reversals that fit their charge."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import migrations

GUARDS = """
CREATE TRIGGER billing_itemprice_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_itemprice
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER billing_charge_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_charge
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();

CREATE FUNCTION billing_reversal_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.billing_charge charged
         WHERE charged.id = NEW.reverses_id AND charged.reverses_id IS NULL
           AND (charged.customer_id, charged.item, charged.currency, charged.source_type, charged.source_id)
             = (NEW.customer_id, NEW.item, NEW.currency, NEW.source_type, NEW.source_id)
           AND charged.amount = -NEW.amount) THEN
        RAISE EXCEPTION 'reversal % does not fit its charge', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_charge_reversal_fits BEFORE INSERT ON billing_charge
    FOR EACH ROW EXECUTE FUNCTION billing_reversal_fits();
"""
NO_GUARDS = """
DROP FUNCTION billing_reversal_fits CASCADE;
DROP TRIGGER billing_charge_fixed ON billing_charge;
DROP TRIGGER billing_itemprice_fixed ON billing_itemprice;
"""
PRICES = {
    "certificate_1_year": Decimal("205.00"),
    "certificate_2_years": Decimal("355.00"),
    "certificate_3_years": Decimal("490.00"),
}


def publish(apps, schema_editor):
    dated = {"effective_on": date(2020, 1, 1), "published_at": datetime(2020, 1, 1, tzinfo=UTC)}
    prices = apps.get_model("billing", "ItemPrice").objects
    prices.bulk_create(prices.model(item=item, amount=amount, **dated) for item, amount in PRICES.items())


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_charges")]

    operations = [
        migrations.RunPython(publish, migrations.RunPython.noop),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
