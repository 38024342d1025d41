"""A customer pays an open invoice by card: from the button to the card company's page."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions._allocation import open_amount
from billing.actions._cards import CardCompanyRefused, address, offered_gateway, payable
from billing.actions.settle_card_payment import settle_card_payment
from billing.gateways.psp import Order, PaymentGateway, PspDown, PspRefused
from billing.models import CardPayment, Invoice
from billing.rules.card_payments import PAGE_LASTS, page_usable
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.money import CURRENCY

_State = CardPayment.State


def start_card_payment(*, actor: Actor, number: str, now: datetime) -> CardPayment:
    """The open payment of invoice `number`, with the page where the rest of it is paid; a second click has the first.

    A page for another amount, or one that closes soon, is closed and another made. Raises `Forbidden` without
    `billing.manage`, `NotFound`, `InvoiceNotOpen`, `CardsNotOffered`, `CardCompanyRefused`, and `PspDown` after which
    the payment is unsure: asking again names the same one.
    """
    actor.require("billing.manage")
    gateway = offered_gateway()
    found = Invoice.objects.finalised().filter(customer_id=actor.customer, number=number).first()
    if found is None:
        raise NotFound
    before = CardPayment.objects.unfinished().filter(invoice=found).first()
    if before and not before.saved_card_id and not _fits(before, found, now):
        if before.provider_id:
            gateway.cancel_payment(before.provider_id)
        settle_card_payment(actor=actor, card_payment_id=before.id, now=now)
    wanted = _written(actor, gateway, number, now)
    if wanted.provider_id or wanted.saved_card_id:
        return wanted
    return _placed(gateway, wanted, now)


def _fits(payment: CardPayment, invoice: Invoice, now: datetime) -> bool:
    return payment.amount == open_amount(invoice) and page_usable(payment.created_at, now)


def _written(actor: Actor, gateway: PaymentGateway, number: str, now: datetime) -> CardPayment:
    """The row of the open payment, written before anybody is asked."""
    with transaction.atomic():
        locked = Invoice.objects.select_for_update().filter(customer_id=actor.customer, number=number).first()
        invoice = payable(locked)
        if open_payment := CardPayment.objects.unfinished().filter(invoice=invoice).first():
            return open_payment
        payment = CardPayment.objects.create(
            customer_id=actor.customer,
            invoice=invoice,
            provider=gateway.name,
            amount=open_amount(invoice),
            currency=CURRENCY,
            created_at=now,
            created_by=actor.name,
        )
        facts = {"number": number, "amount": str(payment.amount)}
        audit.record(actor=actor, action="card_payment.started", now=now, subject=payment.id, details=facts)
    return payment


def _placed(gateway: PaymentGateway, payment: CardPayment, now: datetime) -> CardPayment:
    """Ask the card company for the page; whatever becomes of it, the row says so."""
    unplaced = CardPayment.objects.unfinished().filter(pk=payment.pk, provider_id="")
    try:
        page = gateway.create_payment(_order(payment))
    except PspDown:
        unplaced.update(state=_State.UNSURE)
        raise
    except PspRefused as refused:
        unplaced.update(state=_State.FAILED, failure_code=refused.code[:80], fetched_at=now)
        raise CardCompanyRefused from refused
    unplaced.update(state=_State.PENDING, provider_id=page.provider_id, page_url=page.url)
    payment.refresh_from_db()
    return payment


def _order(payment: CardPayment) -> Order:
    slug, number = payment.customer.slug, str(payment.invoice.number)
    return Order(
        id=payment.id,
        amount=payment.amount,
        number=number,
        back_url=address(slug, "billing_pay_back", number=number),
        away_url=address(slug, "billing_pay_away", number=number),
        until=payment.created_at + PAGE_LASTS,
    )
