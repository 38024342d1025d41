"""Alerts, spending caps, cost centres and corrections of usage; what was told or corrected never changes."""

import django.db.models.deletion
import kernel.fields
from django.db import migrations, models


GUARDS = "".join(
    f"""
CREATE TRIGGER billing_{table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""
    for table in ("thresholdreached", "usagecorrection")
)
NO_GUARDS = """
DROP TRIGGER billing_thresholdreached_fixed ON billing_thresholdreached;
DROP TRIGGER billing_usagecorrection_fixed ON billing_usagecorrection;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_self'),
        ('billing', '0010_subscriptions'),
    ]

    operations = [
        migrations.CreateModel(
            name='SpendingCap',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='accounts.customer')),
                ('amount', kernel.fields.AmountField(decimal_places=2, max_digits=14)),
                ('grace', models.PositiveIntegerField()),
                ('set_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'spending cap',
                'verbose_name_plural': 'spending caps',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='spending_cap_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='UsageCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=1000)),
                ('corrected_by', models.CharField(max_length=200)),
                ('corrected_at', models.DateTimeField()),
                ('corrected', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='billing.usageevent')),
                ('reversal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='corrects', to='billing.usageevent')),
            ],
            options={
                'verbose_name': 'correction of usage',
                'verbose_name_plural': 'corrections of usage',
            },
        ),
        migrations.CreateModel(
            name='CostAlert',
            fields=[
                ('id', kernel.fields.IdField(prefix='alr')),
                ('amount', kernel.fields.AmountField(decimal_places=2, max_digits=14)),
                ('set_at', models.DateTimeField()),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
            ],
            options={
                'verbose_name': 'cost alert',
                'verbose_name_plural': 'cost alerts',
                'constraints': [models.UniqueConstraint(fields=('customer', 'amount'), name='cost_alert_once'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='cost_alert_of_something')],
            },
        ),
        migrations.CreateModel(
            name='CostCentre',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('orderer_id', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
            ],
            options={
                'verbose_name': 'cost centre',
                'verbose_name_plural': 'cost centres',
                'constraints': [models.UniqueConstraint(fields=('customer', 'orderer_id'), name='cost_centre_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='cost_centre_named')],
            },
        ),
        migrations.CreateModel(
            name='ThresholdReached',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('share', 'Share of the included transactions'), ('cost', 'Cost of the month'), ('cap', 'Spending cap'), ('stop', 'End of the grace after the spending cap')], max_length=5)),
                ('threshold', kernel.fields.AmountField(decimal_places=2, max_digits=14)),
                ('used', models.IntegerField()),
                ('reached_at', models.DateTimeField()),
                ('billing_period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='thresholds_reached', to='billing.billingperiod')),
            ],
            options={
                'verbose_name': 'threshold reached',
                'verbose_name_plural': 'thresholds reached',
                'constraints': [models.UniqueConstraint(fields=('billing_period', 'kind', 'threshold'), name='threshold_reached_once')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
