import django.db.models.deletion
import kernel.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("code", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(unique=True)),
                ("public", models.BooleanField()),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("effective_on", models.DateField()),
                ("published_at", models.DateTimeField()),
                ("individual", models.BooleanField(default=False)),
                ("monthly_fee", kernel.fields.AmountField(decimal_places=2, max_digits=14, null=True)),
                ("included", models.PositiveIntegerField(null=True)),
                (
                    "overage_unit_price",
                    kernel.fields.UnitPriceField(decimal_places=6, max_digits=14, null=True),
                ),
                ("setup_fee", kernel.fields.AmountField(decimal_places=2, max_digits=14, null=True)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="billing.plan",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", kernel.fields.IdField(prefix="sub")),
                (
                    "interval",
                    models.CharField(
                        choices=[("month", "Monthly"), ("year", "Annual"), ("once", "One-off")], max_length=5
                    ),
                ),
                ("anchor_on", models.DateField()),
                ("time_zone", models.CharField(max_length=64)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.customer"
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.planversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BillingPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("previous_ends_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=6
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.planversion",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="periods",
                        to="billing.subscription",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UsageEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "meter",
                    models.CharField(
                        choices=[
                            ("seal", "Seals"),
                            ("extra_user", "Extra users"),
                            ("storage_gb", "Storage, GB"),
                        ],
                        max_length=16,
                    ),
                ),
                ("source_type", models.CharField(max_length=32)),
                ("source_id", models.CharField(max_length=80)),
                ("quantity", models.IntegerField(default=1)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("late", models.BooleanField(default=False)),
                ("member_id", models.CharField(blank=True, max_length=40)),
                ("token_id", models.CharField(blank=True, max_length=40)),
                (
                    "billing_period",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="billing.billingperiod",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MeterReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "meter",
                    models.CharField(
                        choices=[
                            ("seal", "Seals"),
                            ("extra_user", "Extra users"),
                            ("storage_gb", "Storage, GB"),
                        ],
                        max_length=16,
                    ),
                ),
                ("quantity", models.BigIntegerField()),
                (
                    "billing_period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="billing.billingperiod",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("billing_period", "meter"), name="meter_reading_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(
                fields=("plan", "effective_on"), name="plan_version_once_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("included", None),
                        ("individual", True),
                        ("monthly_fee", None),
                        ("overage_unit_price", None),
                        ("setup_fee", None),
                    ),
                    models.Q(
                        ("included__gte", 0),
                        ("individual", False),
                        ("monthly_fee__gte", 0),
                        ("overage_unit_price__gte", 0),
                        ("setup_fee__gte", 0),
                    ),
                    _connector="OR",
                ),
                name="plan_version_priced_unless_individual",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("customer",),
                name="subscription_one_without_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(fields=("id", "customer"), name="subscription_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                ),
                name="subscription_ends_after_start",
            ),
        ),
        migrations.AddIndex(
            model_name="billingperiod",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["ends_at"], name="period_to_close"
            ),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.UniqueConstraint(
                fields=("customer", "starts_at"), name="period_once_per_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.UniqueConstraint(fields=("subscription", "ends_at"), name="period_end_once"),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.UniqueConstraint(
                fields=("subscription", "previous_ends_at"),
                name="period_chain_unforked",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.UniqueConstraint(fields=("id", "customer"), name="period_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_at__lt", models.F("ends_at"))), name="period_forward"
            ),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("previous_ends_at", None), ("previous_ends_at", models.F("starts_at")), _connector="OR"
                ),
                name="period_starts_where_previous_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="billingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("state", "open")),
                    models.Q(("closed_at__gte", models.F("ends_at")), ("state", "closed")),
                    _connector="OR",
                ),
                name="period_closed_after_its_end",
            ),
        ),
        migrations.AddIndex(
            model_name="usageevent",
            index=models.Index(
                fields=["billing_period", "meter", "occurred_at"],
                include=("quantity", "late"),
                name="usage_event_by_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="usageevent",
            constraint=models.UniqueConstraint(
                fields=("meter", "source_type", "source_id"), name="usage_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="usageevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity", 0), _negated=True), name="usage_event_counts"
            ),
        ),
    ]
