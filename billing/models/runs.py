"""What was invoiced when: one row for each customer and boundary, whether or not an invoice came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from kernel.fields import IdField


class BillingRun(models.Model):
    """That everything a customer owed up to `until` was invoiced, or that it waits.

    `key` names it once for each customer: a legal month (`2026-11`), whose end is `until` (UTC), or a paid term
    (`term:17`). Once it is `done` nothing before `until` is looked for again; `invoice` is what came of it, null where
    there was nothing to charge. `alarmed_at`: staff were told that it waits.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        DONE = "done", _("Done")

    id = IdField(prefix="run")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    until = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, null=True, related_name="run")
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("billing run")
        verbose_name_plural = _("billing runs")
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="billing_run_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", done_at=None, invoice=None) | Q(state="done", done_at__isnull=False),
                name="billing_run_done_when_it_says",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-until"], name="billing_run_of_customer"),
            models.Index(fields=["begun_at"], condition=Q(state="waiting"), name="billing_run_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.key}"
