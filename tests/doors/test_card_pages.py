"""Paying by card in the portal, the saved card, staff's refund, and the address the card company reports to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.rules.staff_roles import StaffRole
from billing.actions.charge_saved_card import charge_saved_card
from billing.models import CardPayment, CardRefund, Invoice, PspEvent, SavedCard
from billing.queries.receivables import receivable
from billing.rules.epc import in_groups
from kernel import clock, runner
from kernel.actor import Actor
from kernel.outbox import emit
from tests.cast import Cast
from tests.doubles.psp import KEY, SECRET, CardCompany, card_company
from tests.factories.billing import finalised_invoice
from tests.staff import staff_person


@pytest.fixture
def psp(settings: Any) -> Iterator[CardCompany]:
    with card_company(clock.now()) as company:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = KEY, SECRET
        settings.STRIPE_API_BASE = company.url
        yield company


@pytest.fixture
def invoice(cast: Cast) -> Invoice:
    return finalised_invoice(cast.acme.id, now=clock.now())


def post(client: Client, message: tuple[bytes, str], provider: str = "stripe") -> int:
    body, signature = message
    path = f"/webhooks/psp/{provider}/"
    answer = client.post(path, body, content_type="application/json", headers={"Stripe-Signature": signature})
    return answer.status_code


def owed(invoice: Invoice) -> Decimal:
    found = receivable(invoice.id)
    assert found is not None
    return found.open


def test_a_customer_pays_by_card_and_the_page_says_honestly_what_is_known(
    cast: Cast, psp: CardCompany, invoice: Invoice, client: Client
) -> None:
    browser, page = cast.carol.client(), cast.carol.url(f"billing/pay/{invoice.number}/")
    shown = browser.get(page).content.decode()
    assert "Pay €121.00 by card" in shown
    assert in_groups(invoice.reference) in shown

    left = browser.post(page, {"action": "card"})
    payment = CardPayment.objects.get()
    assert left.status_code == 200, "no redirect, which form-action 'self' would stop"
    assert f'content="0; url={payment.page_url}"' in left.content.decode()
    assert "form-action 'self'" in left.headers["Content-Security-Policy"]
    browser.post(page, {"action": "card"})
    assert CardPayment.objects.count() == 1
    assert payment.page_url in browser.get(f"{page}away/").content.decode()

    assert "Still being confirmed" in browser.get(f"{page}back/").content.decode()
    psp.pay(payment.provider_id)
    psp.faults = ["before"]
    assert "Still being confirmed" in browser.get(f"{page}back/").content.decode()
    assert "A payment by card was begun" in browser.get(page).content.decode()
    assert "Thank you, it is paid" in browser.get(f"{page}back/").content.decode()
    assert "Nothing is left to pay" in browser.get(page).content.decode()
    assert post(client, psp.events[0]) == 200  # after the redirect
    runner.drain()
    assert owed(invoice) == 0


def test_the_message_may_come_before_the_customer_does(
    cast: Cast, psp: CardCompany, invoice: Invoice, client: Client
) -> None:
    page = cast.carol.url(f"billing/pay/{invoice.number}/")
    cast.carol.client().post(page, {"action": "card"})
    psp.pay(CardPayment.objects.get().provider_id)
    assert [post(client, message) for message in reversed(psp.events)] == [200, 200]
    runner.drain()
    assert CardPayment.objects.get().state == "succeeded"
    assert "Thank you, it is paid" in cast.carol.client().get(f"{page}back/").content.decode()


def test_an_outage_of_the_card_company_is_told_and_charges_nothing(
    cast: Cast, psp: CardCompany, invoice: Invoice
) -> None:
    page = cast.carol.url(f"billing/pay/{invoice.number}/")
    psp.faults = ["after"]
    shown = cast.carol.client().post(page, {"action": "card"}, follow=True).content.decode()
    assert "You are not charged twice" in shown
    assert "Pay €121.00 by card" in shown


def test_forged_and_oversized_messages_are_refused_at_the_door(
    cast: Cast, psp: CardCompany, client: Client, settings: Any
) -> None:
    old = clock.now() - timedelta(seconds=301)
    assert post(client, psp.signed('{"id": "evt_1"}', secret="whsec_guessed")) == 400
    assert post(client, psp.signed('{"id": "evt_1"}', at=old)) == 400
    assert post(client, psp.signed("not even JSON")) == 400
    assert post(client, psp.signed("[]")) == 400
    assert post(client, psp.signed("{}"), provider="other") == 404
    assert post(client, (b" " * (256 * 1024 + 1), "")) == 413
    assert client.get("/webhooks/psp/stripe/").status_code == 405
    settings.STRIPE_SECRET_KEY = ""
    assert post(client, psp.signed("{}")) == 404
    assert not PspEvent.objects.exists()


def test_a_card_is_saved_with_consent_charged_for_the_next_invoice_and_removed(
    cast: Cast, psp: CardCompany, invoice: Invoice
) -> None:
    browser, page = cast.carol.client(), cast.carol.url("billing/card/")
    shown = browser.get(page).content.decode()
    assert "may charge each of our invoices to this card on the day we receive it" in shown
    left = browser.post(page, {"action": "save"})
    card = SavedCard.objects.get()
    assert card.page_url in left.content.decode()
    assert browser.get(f"{page}back/", follow=True).status_code == 200
    psp.save(card.setup_id)
    shown = browser.get(f"{page}back/", follow=True).content.decode()
    assert "The card is saved" in shown
    assert "4242" in shown

    emit("invoice.delivered", now=clock.now(), customer_id=cast.acme.id, subject=invoice.id, payload={})
    runner.drain()
    assert (owed(invoice), CardPayment.objects.get().attempt) == (0, 1)
    assert str(invoice.number) in browser.get(page).content.decode()

    browser.post(page, {"action": "remove"})
    runner.drain()
    card.refresh_from_db()
    assert card.removed_at is not None
    assert card.detached_at is not None
    assert psp.things[card.method_ref]["customer"] is None
    assert "No card is saved" in browser.get(page).content.decode()


def test_without_a_card_company_nothing_of_it_is_shown(cast: Cast, invoice: Invoice) -> None:
    browser, page = cast.carol.client(), cast.carol.url(f"billing/pay/{invoice.number}/")
    shown = browser.get(page).content.decode()
    assert "by card" not in shown
    assert "billing/card/" not in shown
    assert in_groups(invoice.reference) in shown
    assert browser.get(cast.carol.url("billing/card/")).status_code == 404
    shown = browser.post(page, {"action": "card"}, follow=True).content.decode()
    assert "not offered here" in shown


def test_a_strangers_invoice_is_not_found(cast: Cast, psp: CardCompany, invoice: Invoice) -> None:
    browser = cast.mallory.client()
    for path in ("", "back/", "away/"):
        page = cast.mallory.url(f"billing/pay/{invoice.number}/{path}")
        assert browser.get(page).status_code == 404
    page = cast.mallory.url(f"billing/pay/{invoice.number}/")
    assert browser.post(page, {"action": "card"}).status_code == 404
    reader = cast.bob.client()
    assert reader.get(cast.bob.url(f"billing/pay/{invoice.number}/")).status_code == 403


def test_staff_give_money_back_with_a_reason(cast: Cast, psp: CardCompany, invoice: Invoice) -> None:
    page = cast.carol.url(f"billing/pay/{invoice.number}/")
    cast.carol.client().post(page, {"action": "card"})
    payment = CardPayment.objects.get()
    psp.pay(payment.provider_id)
    cast.carol.client().get(f"{page}back/")
    staff = staff_person("Tess", StaffRole.CHIEF).client
    button = f"/staff/billing/cardpayment/{payment.id}/refund/"
    refused = staff.post(button, {"reason": "Ordered twice", "amount": "121.01"})
    assert (refused.status_code, "At most 121.00 EUR" in refused.content.decode()) == (422, True)
    assert staff.post(button, {"reason": "Ordered twice", "amount": "121.00"}).status_code == 302
    runner.drain()
    refund = CardRefund.objects.get()
    assert (refund.state, refund.reason, owed(invoice)) == ("succeeded", "Ordered twice", Decimal("121.00"))
    for model in ("cardpayment", "cardrefund", "savedcard", "pspevent"):
        assert staff.get(f"/staff/billing/{model}/").status_code == 200


def test_a_refused_card_is_told_with_a_link_to_pay(cast: Cast, psp: CardCompany, invoice: Invoice) -> None:
    browser, page = cast.carol.client(), cast.carol.url("billing/card/")
    browser.post(page, {"action": "save"})
    psp.save(SavedCard.objects.get().setup_id)
    browser.get(f"{page}back/")
    psp.declines = ["authentication_required"]
    charge_saved_card(actor=Actor.system("tests"), invoice_id=invoice.id, attempt=1, now=clock.now())
    told = browser.get(cast.carol.url("notices/")).content.decode()
    assert f"Your card was not charged for invoice {invoice.number}" in told
