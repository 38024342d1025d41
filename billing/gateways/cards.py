"""The card company of this installation, if it has one."""

from __future__ import annotations

from django.conf import settings

from billing.gateways.psp import PaymentGateway
from billing.gateways.stripe import StripeGateway


def card_gateway() -> PaymentGateway | None:
    """The card company that the settings name; None when cards are not offered."""
    if not settings.STRIPE_SECRET_KEY:
        return None
    return StripeGateway(
        secret_key=settings.STRIPE_SECRET_KEY,
        webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
        base=settings.STRIPE_API_BASE,
    )
