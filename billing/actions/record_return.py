"""Staff say which receipt the bank took back, where the statement did not tell."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._receipts import hold_money_of, require_staff, unassigned
from billing.actions._returns import take_back
from billing.models import Payment
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class ReturnMisfit(Refusal):
    """More is returned than the receipt has left, or the receipt came later, or it is no return at all."""

    code = "return_does_not_fit"
    title = _("This return cannot be of that payment: its amount or its day does not fit.")


@transaction.atomic
def record_return(*, actor: Actor, return_id: str, payment_id: str, now: datetime) -> None:
    """The return takes back the receipt: what it settled is open again, as of the old due date (B9).

    Raises `NotFound`, `PaymentAssignedAlready`, `ReturnMisfit`.
    """
    require_staff(actor)
    returned = unassigned(return_id)
    receipt = Payment.objects.filter(
        pk=payment_id.strip(), kind=Payment.Kind.RECEIPT, customer__isnull=False, method=returned.method
    ).first()
    if receipt is None:
        raise NotFound
    hold_money_of(str(receipt.customer_id))
    left = receipt.amount + sum(receipt.reversals.values_list("amount", flat=True))
    if returned.kind != Payment.Kind.RETURN or -returned.amount > left or returned.value_on < receipt.value_on:
        raise ReturnMisfit
    take_back(actor, returned, receipt, now)
