"""Staff note that a customer's credit was paid back by bank transfer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from billing.actions._ledger import post
from billing.actions._receipts import hold_money_of, require_staff
from billing.models import Account, Payment
from billing.queries.cards import credit_promised
from billing.queries.payments import free_amount
from billing.queries.receivables import credit_of
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_date
from kernel.errors import Refusal
from kernel.money import CURRENCY, ZERO
from kernel.outbox import emit


class MoreThanCredit(Refusal):
    """Only what the customer has with us is paid back."""

    code = "refund_exceeds_credit"
    title = _("The customer’s credit is less than that.")


class RefundRecordedAlready(Refusal):
    """The same amount to the same customer on the same day: a form sent twice, and not a second transfer."""

    code = "refund_recorded_already"
    status = 409
    title = _("This refund was recorded today already.")


@transaction.atomic
def record_refund(*, actor: Actor, customer_id: str, amount: Decimal, now: datetime) -> None:
    """Book that `amount` EUR of the customer's credit was transferred back today (legal date).

    Receipts that settle nothing are used first, the oldest first, then credit notes. Raises `MoreThanCredit`,
    `RefundRecordedAlready`.
    """
    require_staff(actor)
    hold_money_of(customer_id)
    on = legal_date(now)
    key = f"refund:{customer_id}:{on.isoformat()}:{amount:.2f}"
    if Payment.objects.filter(dedupe_key__startswith=f"{key}:").exists():
        raise RefundRecordedAlready
    if not ZERO < amount <= credit_of(customer_id) - credit_promised(customer_id):
        raise MoreThanCredit
    for place, (receipt, part) in enumerate(_sources(customer_id, amount)):
        payment = Payment.objects.create(
            customer_id=customer_id,
            kind=Payment.Kind.REFUND,
            method=Payment.Method.BANK,
            amount=-part,
            currency=CURRENCY,
            value_on=on,
            recorded_at=now,
            payer_name=receipt.payer_name if receipt else "",
            payer_account=receipt.payer_account if receipt else "",
            dedupe_key=f"{key}:{place}",
            reverses=receipt,
        )
        amounts = [(Account.CREDIT, customer_id, part), (Account.BANK, None, -part)]
        post(kind="refunded", document=("payment", payment.pk), amounts=amounts, on=on, now=now)
    facts = {"amount": str(amount)}
    record(actor=actor, action="payment.refunded", now=now, customer_id=customer_id, details=facts)
    emit("payment.refunded", now=now, customer_id=customer_id, subject=customer_id, payload=facts)
    told = {**facts, "sent_on": on.isoformat()}
    give_notice(kind="payment.refunded", customer_id=customer_id, now=now, permission="billing.read", facts=told)


def _sources(customer_id: str, amount: Decimal) -> Iterator[tuple[Payment | None, Decimal]]:
    """The receipts that the credit is from, with the part of each; None for what credit notes have given."""
    receipts = Payment.objects.filter(customer_id=customer_id, kind=Payment.Kind.RECEIPT, method=Payment.Method.BANK)
    for receipt in receipts.order_by("value_on", "id"):
        part = min(amount, free_amount(receipt))
        if part > 0:
            yield receipt, part
            amount -= part
    if amount:
        yield None, amount
