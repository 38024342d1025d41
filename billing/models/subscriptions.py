"""Subscriptions, and the chain of billing periods that each of them grows."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.plans import Plan, PlanVersion
from billing.models.special_terms import SpecialTerms, agreed_terms
from billing.rules.periods import Period
from billing.rules.rating import Terms
from kernel.fields import IdField


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def lasting_beyond(self, instant: datetime) -> SubscriptionQuerySet:
        """Those that have no end, or one after `instant`."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=instant))

    def active_at(self, instant: datetime) -> SubscriptionQuerySet:
        """Those that had started and not ended at `instant`; at most one for each customer."""
        return self.lasting_beyond(instant).filter(started_at__lte=instant)


class Subscription(models.Model):
    """A customer's contract for a plan (B4). `anchor_on` and `time_zone` fix the bounds of all its periods.

    `ended_at` is the instant from which no further period is opened; it may lie in the future. `operator_ends_at` is
    the end of which the operator gave notice (B14): if nothing ended it before, prepaid months beyond are given back.
    `setup_charged_at`: the set-up fee was charged with it, which is remembered for longer than the charge is kept (B1).
    """

    class Interval(models.TextChoices):
        MONTH = "month", _("Monthly")
        YEAR = "year", _("Annual")
        ONCE = "once", _("One-off")

    id = IdField(prefix="sub")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    interval = models.CharField(max_length=5, choices=Interval)
    anchor_on = models.DateField()
    time_zone = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    operator_ends_at = models.DateTimeField(null=True)
    setup_charged_at = models.DateTimeField(null=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(ended_at=None), name="subscription_one_without_end"
            ),
            models.UniqueConstraint(fields=["id", "customer"], name="subscription_of_customer"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="subscription_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(operator_ends_at=None) | Q(ended_at__lte=F("operator_ends_at")),
                name="subscription_ends_when_the_operator_ends_it",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def zone(self) -> ZoneInfo:
        """The operator's zone as it was agreed; a later change of the setting moves no boundary."""
        return ZoneInfo(self.time_zone)


class SubscriptionTerm(models.Model):
    """One paid term of a subscription, `[starts_at, ends_at)`: what renews, and at which prices (B4).

    `cancel_until` is the instant from which cancelling ends the term after this one instead: the end of the last
    business day before the renewal date. It is computed when the term begins and never moves with a calendar that is
    corrected later. A fee that is prepaid is invoiced for the term; one that is not, for each period (B3).
    """

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="terms")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    special_terms = models.ForeignKey(SpecialTerms, on_delete=models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cancel_until = models.DateTimeField()
    prepaid = models.BooleanField()

    class Meta:
        verbose_name = _("paid term")
        verbose_name_plural = _("paid terms")
        constraints = [
            models.UniqueConstraint(fields=["subscription", "starts_at"], name="term_once"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="term_forward"),
            models.CheckConstraint(condition=Q(cancel_until__lte=F("ends_at")), name="term_cancelled_before_its_end"),
        ]
        indexes = [models.Index(fields=["customer", "starts_at"], name="term_of_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.starts_at:%Y-%m-%d}"

    @property
    def terms(self) -> Terms:
        """The prices that hold, EUR without VAT."""
        return agreed_terms(self.plan_version, self.special_terms)

    @property
    def span(self) -> Period:
        return Period(starts_at=self.starts_at, ends_at=self.ends_at)


class SubscriptionChange(models.Model):
    """A change that was asked for: another plan or interval, or the end (B2, B5, B12).

    At most one is pending; the last one asked wins. `effective_at` was computed when it was asked for.
    """

    class Kind(models.TextChoices):
        PLAN = "plan", _("Another plan or interval")
        CANCEL = "cancel", _("Cancelled")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPLIED = "applied", _("Applied")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        SUPERSEDED = "superseded", _("Replaced by a later one")

    id = IdField(prefix="chn")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=6, choices=Kind)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+")
    interval = models.CharField(max_length=5, choices=Subscription.Interval, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=200)
    effective_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("change of a subscription")
        verbose_name_plural = _("changes of subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["subscription"], condition=Q(state="pending"), name="change_one_pending"),
            models.CheckConstraint(
                condition=Q(kind="plan", plan__isnull=False) & ~Q(interval="")
                | Q(kind="cancel", plan=None, interval=""),
                name="change_says_what",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", settled_at=None) | ~Q(state="pending") & Q(settled_at__isnull=False),
                name="change_settled_when_not_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.kind}"


class BillingPeriod(models.Model):
    """One month of a subscription, `[starts_at, ends_at)`, with the prices that hold for it.

    Gaps and overlaps are impossible rather than avoided: `previous_ends_at` is null for the first period of a
    subscription only and otherwise references the `ends_at` of the one before (a foreign key added in SQL); a
    trigger refuses a period that overlaps another subscription's of the same customer, and every change other
    than closing.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="periods", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    special_terms = models.ForeignKey(
        SpecialTerms, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    previous_ends_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "starts_at"], name="period_once_per_customer"),
            models.UniqueConstraint(fields=["subscription", "ends_at"], name="period_end_once"),
            models.UniqueConstraint(
                fields=["subscription", "previous_ends_at"],
                nulls_distinct=False,
                name="period_chain_unforked",
            ),
            models.UniqueConstraint(fields=["id", "customer"], name="period_of_customer"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="period_forward"),
            models.CheckConstraint(
                condition=Q(previous_ends_at=None) | Q(previous_ends_at=F("starts_at")),
                name="period_starts_where_previous_ended",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | Q(state="closed", closed_at__gte=F("ends_at")),
                name="period_closed_after_its_end",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(state="open"), name="period_to_close"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.starts_at:%Y-%m-%d}"

    @property
    def terms(self) -> Terms:
        """The prices that hold, EUR without VAT."""
        return agreed_terms(self.plan_version, self.special_terms)

    @property
    def span(self) -> Period:
        return Period(starts_at=self.starts_at, ends_at=self.ends_at)
