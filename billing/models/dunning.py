"""What followed from late payment: the steps taken for each invoice, and what staff were asked to decide."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from kernel.fields import IdField


class DunningStep(models.Model):
    """One step about one invoice, once (B15). It never changes, but is withdrawn when it proves to be unfounded.

    `at` is when it was really taken; `until` the last day of the cure period that it opened. `facts` are the amounts
    and dates as they were told.
    """

    class Kind(models.TextChoices):
        DUE_SOON = "due_soon", _("Reminded")
        OVERDUE = "overdue", _("Told to be overdue")
        BREACH_NOTICED = "breach_noticed", _("Breach noticed")
        CURED = "cured", _("Cured")
        CURE_MISSED = "cure_missed", _("Not cured in time")
        THIRD_LATE = "third_late", _("Third late payment in the term")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="dunning_steps")
    kind = models.CharField(max_length=14, choices=Kind)
    at = models.DateTimeField()
    until = models.DateField(null=True)
    facts = models.JSONField(default=dict)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("step after late payment")
        verbose_name_plural = _("steps after late payment")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "kind"], condition=Q(withdrawn_at=None), name="dunning_step_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="breach_noticed", until__isnull=False) | ~Q(kind="breach_noticed") & Q(until=None),
                name="dunning_notice_has_cure_period",
            ),
        ]
        indexes = [models.Index(fields=["customer", "at"], name="dunning_step_of_customer")]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.kind}"


class DunningProposal(models.Model):
    """What staff are asked to decide about a customer that pays late: suspension, the end of the contract, or neither.

    At most one of each ground waits for a customer. Given more time, it waits until `deferred_until` has passed.
    Withdrawn by itself when payments turn out to have been in time.
    """

    class Ground(models.TextChoices):
        CURE_MISSED = "cure_missed", _("Not paid within the cure period")
        THIRD_LATE = "third_late", _("Third late payment in the term")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a decision")
        DEFERRED = "deferred", _("More time was given")
        SUSPENDED = "suspended", _("Suspended")
        DISMISSED = "dismissed", _("Dismissed")
        WITHDRAWN = "withdrawn", _("No longer founded")

    WAITING = (State.OPEN, State.DEFERRED)

    id = IdField(prefix="prop")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=11, choices=Ground)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    proposed_at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    deferred_until = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        verbose_name = _("proposal after late payment")
        verbose_name_plural = _("proposals after late payment")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "ground"], condition=Q(state__in=["open", "deferred"]), name="proposal_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(state="deferred", deferred_until__isnull=False) | ~Q(state="deferred"),
                name="proposal_deferred_until",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_at__isnull=False), name="proposal_decided_when_not_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.ground}"
