"""Additional services, levels of users and storage, notices of new prices; and what keeps them as they are."""

import django.db.models.deletion
import kernel.fields
from django.db import migrations, models


FIXED = ("addonprice", "meterlevel", "pricechangenotice")

GUARDS = """
CREATE FUNCTION billing_addon_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'offered' = to_jsonb(OLD) - 'offered' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'additional service % never changes', OLD.code USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_addon_fixed BEFORE UPDATE OR DELETE ON billing_addon
    FOR EACH ROW EXECUTE FUNCTION billing_addon_fixed();

CREATE FUNCTION billing_addonorder_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ends_on IS NULL AND to_jsonb(NEW) - 'ends_on' = to_jsonb(OLD) - 'ends_on' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'order % only ends', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_addonorder_only_ends BEFORE UPDATE OR DELETE ON billing_addonorder
    FOR EACH ROW EXECUTE FUNCTION billing_addonorder_only_ends();

-- Publishers hold the lock shared, and closing holds it exclusively: a level is in the reading, or is refused.
CREATE FUNCTION billing_level_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(public.billing_usage_lock(NEW.customer_id));
    IF EXISTS (SELECT FROM public.billing_billingperiod p JOIN public.billing_subscription s ON s.id = p.subscription_id
                WHERE p.customer_id = NEW.customer_id AND p.state = 'closed'
                  AND (NEW."on" + time '12:00') AT TIME ZONE s.time_zone BETWEEN p.starts_at AND p.ends_at) THEN
        RAISE EXCEPTION 'the billing period of % is closed', NEW."on" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_meterlevel_fits BEFORE INSERT ON billing_meterlevel
    FOR EACH ROW EXECUTE FUNCTION billing_level_fits();

ALTER TABLE billing_charge ADD CONSTRAINT charge_of_its_units
    CHECK (quantity <> 0 AND (unit_price IS NULL OR amount = round(quantity * unit_price, 2)));

CREATE OR REPLACE FUNCTION billing_reversal_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.billing_charge charged
         WHERE charged.id = NEW.reverses_id AND charged.reverses_id IS NULL
           AND (charged.customer_id, charged.item, charged.description, charged.currency, charged.source_type,
                charged.source_id, charged.quantity, charged.amount)
             = (NEW.customer_id, NEW.item, NEW.description, NEW.currency, NEW.source_type,
                NEW.source_id, -NEW.quantity, -NEW.amount)
           AND charged.unit_price IS NOT DISTINCT FROM NEW.unit_price) THEN
        RAISE EXCEPTION 'reversal % does not fit its charge', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER billing_{table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""
    for table in FIXED
)
NO_GUARDS = (
    """
ALTER TABLE billing_charge DROP CONSTRAINT charge_of_its_units;
CREATE OR REPLACE FUNCTION billing_reversal_fits() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION billing_level_fits, billing_addonorder_only_ends, billing_addon_fixed CASCADE;
"""
    + "".join(f"DROP TRIGGER billing_{table}_fixed ON billing_{table};\n" for table in FIXED)
)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_self'),
        ('billing', '0007_invoicing_guards'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='long_notice',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.CreateModel(
            name='AddOn',
            fields=[
                ('code', models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('description', models.CharField(blank=True, max_length=1000)),
                ('interval', models.CharField(choices=[('once', 'Once'), ('month', 'Every month')], max_length=5)),
                ('offered', models.BooleanField(default=True)),
                ('published_at', models.DateTimeField()),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
            ],
            options={
                'verbose_name': 'additional service',
                'verbose_name_plural': 'additional services',
            },
        ),
        migrations.CreateModel(
            name='AddOnOrder',
            fields=[
                ('id', kernel.fields.IdField(prefix='aor')),
                ('quantity', models.PositiveIntegerField()),
                ('price', kernel.fields.AmountField(decimal_places=2, max_digits=14)),
                ('ordered_at', models.DateTimeField()),
                ('ordered_by', models.CharField(max_length=200)),
                ('request_key', models.CharField(max_length=40)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(null=True)),
                ('add_on', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='billing.addon')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
            ],
            options={
                'verbose_name': 'order of an additional service',
                'verbose_name_plural': 'orders of additional services',
                'indexes': [models.Index(fields=['customer', '-ordered_at'], name='add_on_order_of_customer')],
                'constraints': [models.UniqueConstraint(fields=('customer', 'request_key'), name='add_on_order_once'), models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='add_on_order_of_something'), models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='add_on_order_forward')],
            },
        ),
        migrations.CreateModel(
            name='AddOnPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_on', models.DateField()),
                ('published_at', models.DateTimeField()),
                ('amount', kernel.fields.AmountField(decimal_places=2, max_digits=14)),
                ('add_on', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='billing.addon')),
            ],
            options={
                'verbose_name': 'price of an additional service',
                'verbose_name_plural': 'prices of additional services',
                'constraints': [models.UniqueConstraint(fields=('add_on', 'effective_on'), name='add_on_price_once_a_day'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='add_on_price_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='MeterLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('meter', models.CharField(choices=[('seal', 'Seals'), ('extra_user', 'Extra users'), ('storage_gb', 'Storage, GB')], max_length=16)),
                ('quantity', models.PositiveIntegerField()),
                ('recorded_at', models.DateTimeField()),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
            ],
            options={
                'verbose_name': 'level of a day',
                'verbose_name_plural': 'levels of days',
                'constraints': [models.UniqueConstraint(fields=('customer', 'meter', 'on'), name='meter_level_once_a_day'), models.CheckConstraint(condition=models.Q(('meter__in', ['extra_user', 'storage_gb'])), name='meter_level_measured')],
            },
        ),
        migrations.CreateModel(
            name='PriceChangeNotice',
            fields=[
                ('id', kernel.fields.IdField(prefix='pcn')),
                ('given_at', models.DateTimeField()),
                ('notice_number', models.CharField(max_length=20)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
                ('plan_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='billing.planversion')),
            ],
            options={
                'verbose_name': 'notice of new prices',
                'verbose_name_plural': 'notices of new prices',
                'constraints': [models.UniqueConstraint(fields=('plan_version', 'customer'), name='price_change_notice_once')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
