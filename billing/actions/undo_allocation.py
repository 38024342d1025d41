"""Staff take back what settled an invoice, because it was assigned wrongly."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions import _allocation
from billing.actions._receipts import hold_money_of, require_staff
from billing.models import Allocation
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import NotFound, Refusal
from kernel.outbox import emit


class AllocationUndone(Refusal):
    """An allocation is taken back once, and what takes one back stays."""

    code = "allocation_undone"
    status = 409
    title = _("This was taken back before.")


@transaction.atomic
def undo_allocation(*, actor: Actor, allocation_id: int, now: datetime) -> None:
    """The amount is the customer's credit again, and the invoice open with its old due date (B9).

    Raises `NotFound`, `AllocationUndone`.
    """
    require_staff(actor)
    found = Allocation.objects.filter(pk=allocation_id).select_related("invoice").first()
    if found is None:
        raise NotFound
    hold_money_of(str(found.customer_id))
    if found.reverses_id is not None or Allocation.objects.filter(reverses=found).exists():
        raise AllocationUndone
    _allocation.undo_allocation(actor=actor, allocation=found, now=now)
    facts = {"number": found.invoice.number, "amount": str(found.amount)}
    customer_id, subject = str(found.customer_id), found.invoice_id
    record(actor=actor, action="allocation.undone", now=now, customer_id=customer_id, subject=subject, details=facts)
    emit("invoice.reopened", now=now, customer_id=customer_id, subject=subject, payload=facts)
