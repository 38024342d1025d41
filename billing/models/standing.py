"""What changes a subscription from outside, and what a smaller plan leaves behind."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.plans import Plan
from billing.models.subscriptions import Subscription
from kernel.fields import IdField


class Detriment(models.Model):
    """An announced change of the terms or the service to customers' disadvantage, as staff recorded it (B12, E4).

    Of one plan, or of all when `plan` is null. An annual subscription whose running term had begun by then may be
    ended before the term's end. Never changes.
    """

    id = IdField(prefix="det")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+")
    announced_on = models.DateField()
    description = models.CharField(max_length=500)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("change to customers’ disadvantage")
        verbose_name_plural = _("changes to customers’ disadvantage")

    def __str__(self) -> str:
        return f"{self.announced_on} {self.description[:40]}"


class StorageExcessQuerySet(models.QuerySet["StorageExcess"]):
    def standing(self) -> StorageExcessQuerySet:
        """Those that no larger plan has ended."""
        return self.filter(ended_at=None)


class StorageExcess(models.Model):
    """That a customer changed to a plan with less storage, and until when what exceeds it is kept (B11).

    `quota_gb` is the new quota, `former_quota_gb` the one before, null where it had no limit. The dates are legal
    days, computed once: what is beyond the quota may be erased from `erase_on`, after both notices. A change to a plan
    with at least the former quota sets `ended_at`, and nothing is erased. Erasing is not billing's.
    """

    id = IdField(prefix="exc")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="excesses")
    former_quota_gb = models.PositiveIntegerField(null=True)
    quota_gb = models.PositiveIntegerField()
    reduced_on = models.DateField()
    first_notice_on = models.DateField()
    last_notice_on = models.DateField()
    erase_on = models.DateField()
    first_notice_at = models.DateTimeField(null=True)
    last_notice_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = StorageExcessQuerySet.as_manager()

    class Meta:
        verbose_name = _("storage beyond a smaller plan")
        verbose_name_plural = _("storage beyond smaller plans")
        constraints = [
            models.UniqueConstraint(fields=["subscription", "reduced_on"], name="excess_once"),
            models.CheckConstraint(
                condition=Q(former_quota_gb=None) | Q(former_quota_gb__gt=F("quota_gb")),
                name="excess_of_a_smaller_plan",
            ),
            models.CheckConstraint(
                condition=Q(first_notice_on__lt=F("erase_on"), last_notice_on__lt=F("erase_on")),
                name="excess_noticed_before_erasure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.erase_on}"
