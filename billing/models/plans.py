"""The price list: plans, and the dated versions that hold their prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.rules.rating import Terms
from kernel.fields import AmountField, UnitPriceField


class Meter(models.TextChoices):
    """What is counted and charged (B7). Billing never asks what a unit is to those who report it."""

    SEAL = "seal", _("Seals")
    EXTRA_USER = "extra_user", _("Extra users")
    STORAGE_GB = "storage_gb", _("Storage, GB")


class Plan(models.Model):
    """A name customers can choose; everything that costs something is in its versions.

    `public`: on the price list. Others are for whom staff put on them. `long_notice`: an API service or an enterprise
    plan, whose prices rise three months after notice at the earliest (B6).
    """

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(unique=True)
    public = models.BooleanField()
    long_notice = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def in_force(self, on: date) -> PlanVersionQuerySet:
        """The newest version of each plan that had begun by the legal date `on`, in list order."""
        newest = self.filter(effective_on__lte=on).order_by("plan_id", "-effective_on").distinct("plan_id")
        return self.filter(pk__in=newest.values("pk")).select_related("plan").order_by("plan__position")


class PlanVersion(models.Model):
    """The prices of a plan from a day on, in EUR without VAT (B1, B6). Never changes: a trigger refuses it.

    A plan by individual agreement has no prices of its own; it can be subscribed to with special terms only
    (B17). Users and storage are charged where the version says how many are included; where it says nothing, they
    are not counted (B7).
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    effective_on = models.DateField()
    published_at = models.DateTimeField()
    individual = models.BooleanField(default=False)
    monthly_fee = AmountField(null=True)
    included = models.PositiveIntegerField(null=True)
    overage_unit_price = UnitPriceField(null=True)
    setup_fee = AmountField(null=True)
    included_users = models.PositiveIntegerField(null=True)
    extra_user_price = UnitPriceField(null=True)
    included_storage_gb = models.PositiveIntegerField(null=True)
    storage_gb_price = UnitPriceField(null=True)

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "effective_on"], name="plan_version_once_a_day"),
            models.CheckConstraint(
                name="plan_version_priced_unless_individual",
                condition=Q(
                    individual=True,
                    monthly_fee=None,
                    included=None,
                    overage_unit_price=None,
                    setup_fee=None,
                )
                | Q(
                    individual=False,
                    monthly_fee__gte=0,
                    included__gte=0,
                    overage_unit_price__gte=0,
                    setup_fee__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="plan_version_extras_priced",
                condition=(
                    Q(included_users=None, extra_user_price=None)
                    | Q(included_users__isnull=False, extra_user_price__gte=0)
                )
                & (
                    Q(included_storage_gb=None, storage_gb_price=None)
                    | Q(included_storage_gb__isnull=False, storage_gb_price__gte=0)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}, {self.effective_on}"

    @property
    def terms(self) -> Terms | None:
        """The prices to rate with; None for an individual agreement."""
        if self.monthly_fee is None or self.included is None or self.overage_unit_price is None:
            return None
        return Terms(
            monthly_fee=self.monthly_fee,
            included=self.included,
            overage_unit_price=self.overage_unit_price,
            setup_fee=self.setup_fee or Decimal("0.00"),
            included_users=self.included_users,
            extra_user_price=self.extra_user_price,
            included_storage_gb=self.included_storage_gb,
            storage_gb_price=self.storage_gb_price,
        )
