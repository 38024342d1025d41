"""Staff say whose a payment of an unknown payer is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.queries.customers import customer_called
from billing.actions._receipts import hold_money_of, receive, require_staff, unassigned
from billing.actions._returns import take_back_if_returned
from billing.models import Payment
from billing.queries.payments import named_by, owed_by
from billing.rules.matching import spread
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, Refusal


class NoReceipt(Refusal):
    """What the bank takes back is for the receipt that it takes back; only receipts are assigned and settle."""

    code = "payment_is_no_receipt"
    title = _("This is no receipt: it takes one back.")


@transaction.atomic
def assign_payment(*, actor: Actor, payment_id: str, customer: str, invoices: str = "", now: datetime) -> None:
    """The receipt is the customer's (by id or portal address) and settles the `invoices` named, the earliest due first.

    What they leave, or all of it when none is named, is the customer's credit. Raises `NotFound`,
    `PaymentAssignedAlready`, `NoReceipt`, and `InvalidInput` for a customer or an invoice that there is not.
    """
    require_staff(actor)
    payment = unassigned(payment_id)
    if payment.kind != Payment.Kind.RECEIPT:
        raise NoReceipt
    customer_id = customer_called(customer.strip())
    if customer_id is None:
        raise _unknown("customer", gettext("There is no customer by that name."))
    hold_money_of(customer_id)
    meant = _meant(invoices, customer_id)
    parts = spread(Decimal(payment.amount), [owed for owed in owed_by(customer_id) if owed.invoice_id in meant])
    receive(actor, payment, customer_id, parts, now)
    take_back_if_returned(actor, payment, now)


def _meant(text: str, customer_id: str) -> set[str]:
    """The ids of the customer's invoices that a text names."""
    named, found = named_by([text])
    own = {invoice.pk for invoice in found if invoice.customer_id == customer_id}
    if text.strip() and (named.doubtful or not named.numbers or len(own) < len(named.numbers)):
        raise _unknown("invoices", gettext("Not every one of these is an invoice of this customer."))
    return own


def _unknown(field: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(f"/{field}", "not_found", detail)])
