"""What the actions about cards share: the card company, addresses to come back to, and the money in the books."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.actions._allocation import allocate, open_amount, undo_allocation
from billing.actions._ledger import post
from billing.actions._receipts import hold_money_of
from billing.gateways.cards import card_gateway
from billing.gateways.psp import FetchedMovement, MovementState, PaymentGateway
from billing.models import Account, Allocation, CardPayment, Invoice, Payment
from billing.queries.cards import unused_of
from billing.queries.receivables import credit_of
from billing.rules.card_payments import Used, taken_back
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import Refusal
from kernel.money import CURRENCY
from kernel.outbox import emit
from kernel.tenancy.urls import customer_url


class CardsNotOffered(Refusal):
    """This installation has no card company."""

    code = "cards_not_offered"
    title = _("Payment by card is not offered here. Please pay by bank transfer.")


class InvoiceNotOpen(Refusal):
    """Nothing is left to pay."""

    code = "invoice_not_open"
    status = 409
    title = _("Nothing is left to pay of this invoice.")


class CardCompanyRefused(Refusal):
    """The card company will not have this payment or card; nothing was charged."""

    code = "card_company_refused"
    title = _("The card company does not accept this. Nothing was charged; please pay by bank transfer.")


def offered_gateway() -> PaymentGateway:
    """The card company; raises CardsNotOffered."""
    gateway = card_gateway()
    if gateway is None:
        raise CardsNotOffered
    return gateway


def address(slug: str, name: str, **arguments: str) -> str:
    """The address of a page in a customer's portal, as others see it."""
    return f"{settings.BASE_URL}{customer_url(slug, name, **arguments)}"


def payable(invoice: Invoice | None) -> Invoice:
    """The locked `invoice` if something of it is to be paid; raises InvoiceNotOpen."""
    if invoice is None or invoice.state != Invoice.State.FINALISED or open_amount(invoice) <= 0:
        raise InvoiceNotOpen
    return invoice


def book_receipt(
    *, actor: Actor, card_payment: CardPayment, amount: Decimal, paid_at: datetime | None, now: datetime
) -> Payment:
    """Book what a card paid, as of the day on which it was paid, and settle the invoice as far as it is open.

    In the caller's transaction, with the card payment locked. What is over becomes the customer's credit.
    """
    hold_money_of(card_payment.customer_id)  # first of all: who books a transfer holds it before the invoice
    paid_on = legal_date(max(card_payment.created_at, min(paid_at or now, now)), legal_zone())
    receipt = _payment(
        card_payment,
        kind=Payment.Kind.RECEIPT,
        amount=amount,
        key=f"{card_payment.provider}:{card_payment.intent_id or card_payment.provider_id}",
        on=paid_on,
        now=now,
    )
    _settle(actor, receipt, card_payment.invoice_id, amount, paid_on, now)
    emit(
        "payment.received",
        now=now,
        customer_id=card_payment.customer_id,
        subject=receipt.id,
        payload={"numbers": [card_payment.invoice.number], "amount": str(amount)},
    )
    return receipt


def book_movement(
    *, actor: Actor, card_payment: CardPayment, kind: Payment.Kind, movement: FetchedMovement, now: datetime
) -> Payment | None:
    """Book a refund or a dispute of a paid card payment once, and once that it was undone; None if nothing is new.

    In the caller's transaction, with the card payment locked. What the money had settled is open again.
    """
    receipt = card_payment.payment
    if receipt is None:
        return None
    hold_money_of(card_payment.customer_id)
    key, today = f"{card_payment.provider}:{movement.provider_id}", legal_date(now, legal_zone())
    gone = Payment.objects.filter(dedupe_key=key).first()
    if movement.state is MovementState.DONE and gone is None:
        _free(actor, receipt, movement.amount, now)
        gone = _payment(card_payment, kind=kind, amount=-movement.amount, key=key, on=today, now=now, reverses=receipt)
        event = "payment.returned" if kind == Payment.Kind.RETURN else "payment.refunded"
        _tell(gone, card_payment, event, now)
        return gone
    undone = f"{key}:undone"
    if movement.state is MovementState.UNDONE and gone and not Payment.objects.filter(dedupe_key=undone).exists():
        receipt_again = _payment(
            card_payment,
            kind=Payment.Kind.RECEIPT,
            amount=-gone.amount,
            key=undone,
            on=today,
            now=now,
            reverses=gone,
        )
        _settle(actor, receipt_again, card_payment.invoice_id, -gone.amount, today, now)
        _tell(receipt_again, card_payment, "payment.received", now)
        return receipt_again
    return None


def _tell(payment: Payment, card_payment: CardPayment, event: str, now: datetime) -> None:
    facts = {"numbers": [card_payment.invoice.number], "amount": str(abs(payment.amount))}
    emit(event, now=now, customer_id=payment.customer_id, subject=payment.id, payload=facts)


def _payment(
    card_payment: CardPayment,
    *,
    kind: Payment.Kind,
    amount: Decimal,
    key: str,
    on: date,
    now: datetime,
    reverses: Payment | None = None,
) -> Payment:
    payment = Payment.objects.create(
        customer_id=card_payment.customer_id,
        kind=kind,
        method=Payment.Method.CARD,
        amount=amount,
        currency=CURRENCY,
        value_on=on,
        recorded_at=now,
        reference=card_payment.invoice.reference,
        remittance=str(card_payment.invoice.number),
        dedupe_key=key,
        reverses=reverses,
    )
    words = {Payment.Kind.RECEIPT: "received", Payment.Kind.RETURN: "returned", Payment.Kind.REFUND: "refunded"}
    post(
        kind=words[kind],
        document=("payment", payment.id),
        amounts=[(Account.CARD, None, amount), (Account.CREDIT, card_payment.customer_id, -amount)],
        on=on,
        now=now,
    )
    return payment


def _settle(actor: Actor, source: Payment, invoice_id: str, amount: Decimal, on: date, now: datetime) -> None:
    invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
    if (part := min(amount, open_amount(invoice))) > 0:
        allocate(actor=actor, invoice=invoice, source=source, amount=part, value_on=on, now=now)


def _free(actor: Actor, receipt: Payment, amount: Decimal, now: datetime) -> None:
    """Undo as much of what this money settled as `amount` needs, newest first; also where it had come back once."""
    family = [receipt, *Payment.objects.filter(reverses__reverses=receipt)]
    standing = Allocation.objects.filter(payment__in=family, reverses=None, reversal=None).order_by("pk")
    rows = {row.pk: row for row in standing.select_related("invoice", "payment")}
    free = min(unused_of(receipt.pk), credit_of(str(receipt.customer_id)))  # some of it may have gone back by transfer
    uses = [Used(key=row.pk, amount=row.amount) for row in rows.values()]
    for use, again in taken_back(uses, free=free, amount=amount):
        row = rows[use.key]
        undo_allocation(actor=actor, allocation=row, now=now)
        if again and row.payment:
            allocate(actor=actor, invoice=row.invoice, source=row.payment, amount=again, value_on=row.value_on, now=now)
