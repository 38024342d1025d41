"""Changes to customers' disadvantage, storage beyond a smaller plan, and the terms of subscriptions that run already."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from holidays import country_holidays
import django.db.models.deletion
import kernel.fields
from django.db import migrations, models


GUARDS = """
-- A term can be cut short and nothing else; its deadline moves with it only when it would lie beyond (B4, B5, B14).
CREATE FUNCTION billing_term_only_cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ends_at <= OLD.ends_at AND NEW.cancel_until <= OLD.cancel_until
       AND to_jsonb(NEW) - 'ends_at' - 'cancel_until' = to_jsonb(OLD) - 'ends_at' - 'cancel_until' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'term % can only be cut short', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_subscriptionterm_only_cut BEFORE UPDATE ON billing_subscriptionterm
    FOR EACH ROW EXECUTE FUNCTION billing_term_only_cut();
CREATE TRIGGER billing_subscriptionterm_kept BEFORE DELETE OR TRUNCATE ON billing_subscriptionterm
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();

-- What was asked for stays as it was asked; only what became of it is added.
CREATE FUNCTION billing_change_only_settles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('pending', 'applied')
       AND to_jsonb(NEW) - 'state' - 'settled_at' = to_jsonb(OLD) - 'state' - 'settled_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'change % is settled', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_subscriptionchange_only_settles BEFORE UPDATE ON billing_subscriptionchange
    FOR EACH ROW EXECUTE FUNCTION billing_change_only_settles();
CREATE TRIGGER billing_subscriptionchange_kept BEFORE DELETE OR TRUNCATE ON billing_subscriptionchange
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER billing_detriment_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_detriment
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""
NO_GUARDS = """
DROP FUNCTION billing_change_only_settles, billing_term_only_cut CASCADE;
DROP TRIGGER billing_detriment_fixed ON billing_detriment;
DROP TRIGGER billing_subscriptionchange_kept ON billing_subscriptionchange;
DROP TRIGGER billing_subscriptionterm_kept ON billing_subscriptionterm;
"""
MONTHS = {"month": 1, "year": 12, "once": 1}


def begin_terms(apps, schema_editor):
    """Terms for the periods there are: until now nothing changed within a subscription, so they count from its anchor."""
    terms = apps.get_model("billing", "SubscriptionTerm").objects
    for subscription in apps.get_model("billing", "Subscription").objects.filter(terms=None):
        found = {}
        for period in apps.get_model("billing", "BillingPeriod").objects.filter(subscription=subscription):
            starts_at, ends_at = _term(subscription, period.starts_at)
            found[starts_at] = terms.model(
                subscription=subscription,
                customer_id=subscription.customer_id,
                plan_version_id=subscription.plan_version_id,
                starts_at=starts_at,
                ends_at=ends_at,
                cancel_until=_last_business_day_ends(ends_at, ZoneInfo(subscription.time_zone)),
                prepaid=subscription.interval != "month",
            )
        terms.bulk_create(found.values())


def _term(subscription, instant):
    zone, anchor, count = ZoneInfo(subscription.time_zone), subscription.anchor_on, MONTHS[subscription.interval]
    day = instant.astimezone(zone).date()
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    first = (months if _later(anchor, months) <= day else months - 1) // count * count
    return _begins(_later(anchor, first), zone), _begins(_later(anchor, first + count), zone)


def _later(anchor, months):
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def _begins(day, zone):
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _last_business_day_ends(ends_at, zone):
    day = ends_at.astimezone(zone).date() - timedelta(days=1)
    closed = country_holidays(settings.OPERATOR_COUNTRY, years=(day.year - 1, day.year))
    while day.weekday() > 4 or day in closed:
        day -= timedelta(days=1)
    return _begins(day + timedelta(days=1), zone)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_self'),
        ('billing', '0009_invoicing'),
    ]

    operations = [
        migrations.CreateModel(
            name='Detriment',
            fields=[
                ('id', kernel.fields.IdField(prefix='det')),
                ('announced_on', models.DateField()),
                ('description', models.CharField(max_length=500)),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.CharField(max_length=200)),
            ],
            options={
                'verbose_name': 'change to customers’ disadvantage',
                'verbose_name_plural': 'changes to customers’ disadvantage',
            },
        ),
        migrations.CreateModel(
            name='StorageExcess',
            fields=[
                ('id', kernel.fields.IdField(prefix='exc')),
                ('former_quota_gb', models.PositiveIntegerField(null=True)),
                ('quota_gb', models.PositiveIntegerField()),
                ('reduced_on', models.DateField()),
                ('first_notice_on', models.DateField()),
                ('last_notice_on', models.DateField()),
                ('erase_on', models.DateField()),
                ('first_notice_at', models.DateTimeField(null=True)),
                ('last_notice_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'storage beyond a smaller plan',
                'verbose_name_plural': 'storage beyond smaller plans',
            },
        ),
        migrations.AddField(
            model_name='subscription',
            name='operator_ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('operator_ends_at', None), ('ended_at__lte', models.F('operator_ends_at')), _connector='OR'), name='subscription_ends_when_the_operator_ends_it'),
        ),
        migrations.AddField(
            model_name='detriment',
            name='plan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.plan'),
        ),
        migrations.AddField(
            model_name='storageexcess',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer'),
        ),
        migrations.AddField(
            model_name='storageexcess',
            name='subscription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='excesses', to='billing.subscription'),
        ),
        migrations.AddConstraint(
            model_name='storageexcess',
            constraint=models.UniqueConstraint(fields=('subscription', 'reduced_on'), name='excess_once'),
        ),
        migrations.AddConstraint(
            model_name='storageexcess',
            constraint=models.CheckConstraint(condition=models.Q(('former_quota_gb', None), ('former_quota_gb__gt', models.F('quota_gb')), _connector='OR'), name='excess_of_a_smaller_plan'),
        ),
        migrations.AddConstraint(
            model_name='storageexcess',
            constraint=models.CheckConstraint(condition=models.Q(('first_notice_on__lt', models.F('erase_on')), ('last_notice_on__lt', models.F('erase_on'))), name='excess_noticed_before_erasure'),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunPython(begin_terms, migrations.RunPython.noop),
    ]
