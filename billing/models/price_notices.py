"""That a customer was told of new prices, and when (B6)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.plans import PlanVersion
from kernel.fields import IdField


class PriceChangeNotice(models.Model):
    """Notice of a plan version was given to a customer who had the plan at older prices. Never changes.

    Dearer prices hold for it from the renewal that follows `given_at` by the time of the clause, never without
    (`rules/notice_of_prices.py`).
    """

    id = IdField(prefix="pcn")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="notices")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    notice_number = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("notice of new prices")
        verbose_name_plural = _("notices of new prices")
        constraints = [
            models.UniqueConstraint(fields=["plan_version", "customer"], name="price_change_notice_once"),
        ]

    def __str__(self) -> str:
        return self.notice_number
