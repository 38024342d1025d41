"""What customers want to be told of and stopped at, how they split their costs, and what was counted wrongly."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.subscriptions import BillingPeriod
from billing.models.usage import UsageEvent
from kernel.fields import AmountField, IdField


class CostAlert(models.Model):
    """An amount of a month's cost, EUR without VAT, at which the customer wants to be told."""

    id = IdField(prefix="alr")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    amount = AmountField()
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("cost alert")
        verbose_name_plural = _("cost alerts")
        constraints = [
            models.UniqueConstraint(fields=["customer", "amount"], name="cost_alert_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="cost_alert_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.amount}"


class SpendingCap(models.Model):
    """How much a customer will pay for a month's seals beyond its plan, in EUR without VAT, and how many more it has.

    At the cap it is told; `grace` seals later sealing in live mode is refused until the cap is raised or taken away,
    or the next month begins.
    """

    customer = models.OneToOneField("accounts.Customer", on_delete=models.PROTECT, primary_key=True, related_name="+")
    amount = AmountField()
    grace = models.PositiveIntegerField()
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("spending cap")
        verbose_name_plural = _("spending caps")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="spending_cap_not_negative")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.amount}"


class ThresholdReached(models.Model):
    """That a customer's month reached a threshold: once for each. Never changes: a trigger refuses it.

    `threshold` is per cent of the included transactions for `share`, else EUR without VAT.
    """

    class Kind(models.TextChoices):
        SHARE = "share", _("Share of the included transactions")
        COST = "cost", _("Cost of the month")
        CAP = "cap", _("Spending cap")
        STOP = "stop", _("End of the grace after the spending cap")

    billing_period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, related_name="thresholds_reached")
    kind = models.CharField(max_length=5, choices=Kind)
    threshold = AmountField()
    used = models.IntegerField()
    reached_at = models.DateTimeField()

    class Meta:
        verbose_name = _("threshold reached")
        verbose_name_plural = _("thresholds reached")
        constraints = [
            models.UniqueConstraint(fields=["billing_period", "kind", "threshold"], name="threshold_reached_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.threshold}"


class CostCentre(models.Model):
    """The name under which a customer adds up what one of its members or API tokens used."""

    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    orderer_id = models.CharField(max_length=40)
    name = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("cost centre")
        verbose_name_plural = _("cost centres")
        constraints = [
            models.UniqueConstraint(fields=["customer", "orderer_id"], name="cost_centre_once"),
            models.CheckConstraint(condition=~Q(name=""), name="cost_centre_named"),
        ]

    def __str__(self) -> str:
        return self.name


class UsageCorrection(models.Model):
    """That staff took a usage event back, why, and by which event. Once for each; never changes."""

    corrected = models.OneToOneField(UsageEvent, on_delete=models.PROTECT, related_name="correction")
    reversal = models.OneToOneField(UsageEvent, on_delete=models.PROTECT, related_name="corrects")
    reason = models.CharField(max_length=1000)
    corrected_by = models.CharField(max_length=200)
    corrected_at = models.DateTimeField()

    class Meta:
        verbose_name = _("correction of usage")
        verbose_name_plural = _("corrections of usage")

    def __str__(self) -> str:
        return f"{self.corrected_id} {self.reason}"
