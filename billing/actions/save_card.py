"""A customer agrees that its invoices are charged to a card, and is led to where it is saved."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.rules.references import words_digest
from billing.actions._cards import CardCompanyRefused, address, offered_gateway
from billing.gateways.psp import PspRefused, Setup
from billing.models import SavedCard
from kernel import audit
from kernel.actor import Actor


def save_card(*, actor: Actor, consent: str, now: datetime) -> SavedCard:
    """Keep the consent, word for word, and have the card company make the page on which the card is saved.

    The card before stays until there is another. `consent` are the words that were on the page. Raises `Forbidden`
    without `billing.manage`, `CardsNotOffered`, `CardCompanyRefused` and `PspDown`.
    """
    actor.require("billing.manage")
    gateway = offered_gateway()
    with transaction.atomic():
        asked_for = SavedCard.objects.select_for_update().filter(
            customer_id=actor.customer, saved_at=None, removed_at=None
        )
        asked_for.update(removed_at=now, removed_by=actor.name)
        card = SavedCard.objects.create(
            customer_id=actor.customer,
            provider=gateway.name,
            consent=consent,
            consent_sha256=words_digest(consent),
            consented_at=now,
            consented_by=actor.name,
        )
        facts = {"consent_sha256": card.consent_sha256}
        audit.record(actor=actor, action="card.consented", now=now, subject=card.id, details=facts)
    back, away = (address(card.customer.slug, name) for name in ("billing_card_back", "billing_card"))
    try:
        page = gateway.create_setup(Setup(id=card.id, back_url=back, away_url=away))
    except PspRefused as refused:
        SavedCard.objects.filter(pk=card.pk, saved_at=None).update(removed_at=now, removed_by=gateway.name)
        raise CardCompanyRefused from refused
    SavedCard.objects.filter(pk=card.pk).update(setup_id=page.provider_id, page_url=page.url)
    card.refresh_from_db()
    return card
