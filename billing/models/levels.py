"""What is measured rather than counted: users and storage, once a day (B7)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.plans import Meter


class MeterLevel(models.Model):
    """How many users, or gigabytes rounded up, a customer had when it was looked on the legal day `on`.

    The highest of a billing period's days is its reading. Append-only: triggers refuse changes, and levels of a period
    that is closed.
    """

    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()
    meter = models.CharField(max_length=16, choices=Meter)
    quantity = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("level of a day")
        verbose_name_plural = _("levels of days")
        constraints = [
            models.UniqueConstraint(fields=["customer", "meter", "on"], name="meter_level_once_a_day"),
            models.CheckConstraint(condition=Q(meter__in=["extra_user", "storage_gb"]), name="meter_level_measured"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.meter} {self.on}: {self.quantity}"
