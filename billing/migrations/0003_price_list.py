"""The price list of clause B1. From here on prices live in rows alone; a new price is a new plan version.

No free plan is on the list: any plan whose monthly fee is zero is one, and an operator publishes it when
wanted.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import migrations

EFFECTIVE_ON = date(2020, 1, 1)
PUBLISHED_AT = datetime(2020, 1, 1, tzinfo=UTC)
SETUP_FEE = Decimal("300.00")

# code, monthly fee, included transactions, price of an extra one; EUR without VAT
PRICED = (
    ("1", Decimal("125.00"), 500, Decimal("0.25")),
    ("2", Decimal("200.00"), 1_000, Decimal("0.20")),
    ("3", Decimal("780.00"), 5_000, Decimal("0.16")),
    ("4", Decimal("1500.00"), 12_000, Decimal("0.13")),
)
INDIVIDUAL = "5"


def publish(apps, schema_editor):
    plan_model = apps.get_model("billing", "Plan")
    version_model = apps.get_model("billing", "PlanVersion")
    codes = [code for code, *_ in PRICED] + [INDIVIDUAL]
    plan_model.objects.bulk_create(
        plan_model(code=code, name=f"Plan {position}", position=position, public=True)
        for position, code in enumerate(codes, start=1)
    )
    dated = {"effective_on": EFFECTIVE_ON, "published_at": PUBLISHED_AT}
    version_model.objects.bulk_create(
        [
            version_model(
                plan_id=code,
                monthly_fee=fee,
                included=included,
                overage_unit_price=overage_unit_price,
                setup_fee=SETUP_FEE,
                **dated,
            )
            for code, fee, included, overage_unit_price in PRICED
        ]
        + [version_model(plan_id=INDIVIDUAL, individual=True, **dated)]
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_guards")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
