"""The page of an invoice that was paid otherwise meanwhile is closed, so that nobody pays twice."""

from __future__ import annotations

from datetime import datetime

from billing.actions._cards import offered_gateway
from billing.actions.settle_card_payment import settle_card_payment
from billing.models import CardPayment
from kernel.actor import Actor


def close_card_payments(*, actor: Actor, invoice_id: str, now: datetime) -> int:
    """Close the open page of an invoice and fetch what had become of it; returns how many were open. Raises PspDown."""
    open_pages = CardPayment.objects.unfinished().filter(invoice_id=invoice_id, saved_card=None).exclude(provider_id="")
    for payment in open_pages:
        offered_gateway().cancel_payment(payment.provider_id)
        settle_card_payment(actor=actor, card_payment_id=payment.id, now=now)
    return len(open_pages)
