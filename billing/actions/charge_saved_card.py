"""An invoice is charged to the card that the customer saved for it (B13)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._allocation import open_amount
from billing.actions._cards import offered_gateway, payable
from billing.actions.settle_card_payment import settle_card_payment
from billing.models import CardPayment, Invoice, SavedCard
from billing.rules.card_payments import PAGE_LASTS
from kernel import audit, jobs
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.money import CURRENCY


class NoSavedCard(Refusal):
    """The customer has no card that invoices are charged to."""

    code = "no_saved_card"
    title = _("No card is saved that invoices are charged to.")


def charge_saved_card(*, actor: Actor, invoice_id: str, attempt: int, now: datetime) -> CardPayment | None:
    """The `attempt`th try, from 1, to have the rest of an invoice from the saved card; made once however often called.

    While the customer is paying on the card company's page the try is put off until that page has closed; then None.
    Raises `NoSavedCard`, `InvoiceNotOpen`, `CardsNotOffered`, and `PspDown` after which the payment is unsure.
    """
    gateway = offered_gateway()
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update().filter(pk=invoice_id).first()
        tried = CardPayment.objects.filter(invoice=invoice, attempt=attempt).first()
        payment = tried or _written(actor, payable(invoice), attempt, gateway.name, now)
    if payment is None:
        return None
    return settle_card_payment(actor=actor, card_payment_id=payment.id, now=now)


def _written(actor: Actor, invoice: Invoice, attempt: int, provider: str, now: datetime) -> CardPayment | None:
    card = SavedCard.objects.live().select_for_update().filter(customer_id=invoice.customer_id).first()
    if card is None or card.provider != provider:
        raise NoSavedCard
    under_way = CardPayment.objects.unfinished().filter(invoice=invoice).first()
    if under_way:
        jobs.enqueue(
            "billing.charge_saved_card",
            now=now,
            key=f"billing.charge_saved_card:{invoice.id}:{attempt}:after:{under_way.id}",
            customer_id=invoice.customer_id,
            payload={"subject": invoice.id, "attempt": attempt},
            run_at=now + PAGE_LASTS,
        )
        return None
    payment = CardPayment.objects.create(
        customer_id=invoice.customer_id,
        invoice=invoice,
        saved_card=card,
        attempt=attempt,
        provider=provider,
        amount=open_amount(invoice),
        currency=CURRENCY,
        created_at=now,
        created_by=actor.name,
    )
    facts = {"number": invoice.number, "amount": str(payment.amount)}
    audit.record(
        actor=actor,
        action="card_payment.started",
        now=now,
        customer_id=invoice.customer_id,
        subject=payment.id,
        details=facts,
    )
    return payment
