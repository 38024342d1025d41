"""Money by card arrives once, whatever the card company tells, forgets, repeats or loses."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from billing.actions import settle_card_payment as settling
from billing.actions._allocation import allocate
from billing.actions._cards import CardsNotOffered, InvoiceNotOpen
from billing.actions.charge_saved_card import NoSavedCard, charge_saved_card
from billing.actions.close_card_payments import close_card_payments
from billing.actions.complete_saved_card import complete_saved_card
from billing.actions.queue_card_checks import queue_card_checks
from billing.actions.record_psp_event import record_psp_event
from billing.actions.record_refund import MoreThanCredit, record_refund
from billing.actions.refund_card_payment import CardPaymentNotPaid, RefundTooLarge, refund_card_payment
from billing.actions.remove_card import remove_card
from billing.actions.save_card import save_card
from billing.actions.settle_card_payment import settle_card_payment
from billing.actions.settle_card_refund import settle_card_refund
from billing.actions.settle_psp_event import settle_psp_event
from billing.actions.start_card_payment import start_card_payment
from billing.gateways.psp import ForgedMessage, PspDown
from billing.gateways.stripe import StripeGateway
from billing.models import Account, CardPayment, CardRefund, Invoice, Payment, Posting, PspEvent, SavedCard
from billing.queries.receivables import credit_of, receivable
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from kernel.models import Event, Job
from tests.cast import Cast
from tests.doubles.psp import KEY, SECRET, CardCompany, card_company
from tests.factories.billing import finalised_invoice, received_payment

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="Ordered twice")


@pytest.fixture
def psp(now: datetime, settings: Any) -> Iterator[CardCompany]:
    """The card company of this installation."""
    with card_company(now) as company:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = KEY, SECRET
        settings.STRIPE_API_BASE = company.url
        yield company


@pytest.fixture
def invoice(cast: Cast, now: datetime) -> Invoice:
    return finalised_invoice(cast.acme.id, now=now)  # 121.00 EUR


def begin(cast: Cast, invoice: Invoice, now: datetime) -> CardPayment:
    return start_card_payment(actor=cast.carol.actor, number=str(invoice.number), now=now)


def settle(payment: CardPayment, now: datetime) -> CardPayment:
    return settle_card_payment(actor=SYSTEM, card_payment_id=payment.id, now=now)


def hear(message: tuple[bytes, str], now: datetime) -> None:
    """Take a message in, and do what follows from it."""
    body, signature = message
    event = record_psp_event(actor=SYSTEM, provider="stripe", body=body, signature=signature, now=now)
    if Event.objects.filter(name="psp_event.recorded", subject=str(event.pk)).exists():
        settle_psp_event(actor=SYSTEM, event_id=event.pk, now=now)


def owed(invoice: Invoice) -> Decimal:
    found = receivable(invoice.id)
    assert found is not None
    return found.open


def received() -> list[Decimal]:
    return list(Payment.objects.order_by("pk").values_list("amount", flat=True))


def balance(account: Account) -> Decimal:
    return sum(Posting.objects.filter(account=account).values_list("amount", flat=True), Decimal("0.00"))


def with_card(cast: Cast, psp: CardCompany, now: datetime) -> SavedCard:
    """A card that Acme has saved for its invoices."""
    card = save_card(actor=cast.carol.actor, consent="Charge us.", now=now)
    psp.save(card.setup_id)
    return complete_saved_card(actor=SYSTEM, saved_card_id=card.id, now=now)


def charge(invoice: Invoice, now: datetime, attempt: int = 1) -> CardPayment:
    payment = charge_saved_card(actor=SYSTEM, invoice_id=invoice.id, attempt=attempt, now=now)
    assert payment is not None
    return payment


# --- Paying an invoice


def test_a_paid_invoice_is_booked_once_as_of_the_day_it_was_paid(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    assert payment.page_url.startswith(psp.url)
    psp.now = now + timedelta(days=1)
    psp.pay(payment.provider_id)
    later = now + timedelta(days=3)
    for _ in range(2):
        settle(payment, later)
    paid = Payment.objects.get()
    assert (paid.amount, paid.method, paid.value_on) == (Decimal("121.00"), "card", (now + timedelta(days=1)).date())
    assert (owed(invoice), credit_of(cast.acme.id)) == (0, 0)
    assert (balance(Account.CARD), balance(Account.RECEIVABLE)) == (Decimal("121.00"), 0)
    names = ["payment.received", "invoice.paid"]
    assert list(Event.objects.filter(name__in=names).values_list("name", flat=True)) == ["invoice.paid", names[0]]
    told = Event.objects.get(name="payment.received").payload
    assert told == {"numbers": [invoice.number], "amount": "121.00"}


def test_a_second_click_has_the_first_page_and_a_part_payment_another_one(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    first = begin(cast, invoice, now)
    assert begin(cast, invoice, now + timedelta(minutes=109)).id == first.id
    assert len(psp.of("checkout.session")) == 1

    part = received_payment(cast.acme.id, "21.00", now=now)
    allocate(actor=SYSTEM, invoice=invoice, source=part, amount=part.amount, value_on=now.date(), now=now)
    second = begin(cast, invoice, now)
    assert (second.id != first.id, second.amount) == (True, Decimal("100.00"))
    assert [session["status"] for session in psp.of("checkout.session")] == ["expired", "open"]
    first.refresh_from_db()
    assert first.state == "cancelled"


def test_a_page_that_closes_soon_is_replaced(cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime) -> None:
    first = begin(cast, invoice, now)
    assert begin(cast, invoice, now + timedelta(minutes=110)).id != first.id


def test_who_pays_after_having_asked_for_another_page_pays_once(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    first = begin(cast, invoice, now)
    psp.pay(first.provider_id)
    with pytest.raises(InvoiceNotOpen):
        begin(cast, invoice, now + timedelta(hours=3))
    assert received() == [Decimal("121.00")]


@pytest.mark.parametrize("fault", ["before", "after", "500"])
def test_without_a_clear_answer_the_payment_is_unsure_and_asked_for_again(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime, fault: str
) -> None:
    psp.faults = [fault]
    with pytest.raises(PspDown):
        begin(cast, invoice, now)
    assert CardPayment.objects.get().state == "unsure"
    payment = begin(cast, invoice, now)
    assert (payment.state, len(psp.of("checkout.session"))) == ("pending", 1)


def test_a_page_that_was_never_shown_is_given_up(cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime) -> None:
    psp.faults = ["after"]
    with pytest.raises(PspDown):
        begin(cast, invoice, now)
    payment = CardPayment.objects.get()
    assert settle(payment, now + timedelta(minutes=119)).state == "unsure"
    assert settle(payment, now + timedelta(hours=2)).state == "cancelled"


def test_a_page_the_customer_leaves_unpaid_expires(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    assert settle(payment, now).state == "pending"
    psp.expire(payment.provider_id)
    assert settle(payment, now).state == "cancelled"
    assert (received(), owed(invoice)) == ([], Decimal("121.00"))


def test_money_that_takes_days_counts_when_it_comes(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    intent = psp.pay(payment.provider_id, status="processing")
    assert settle(payment, now).state == "pending"
    psp.change(intent, "payment_intent.succeeded", status="succeeded", amount_received=12100)
    hear(psp.events[-1], now)
    assert (owed(invoice), received()) == (0, [Decimal("121.00")])


def test_a_bank_payment_that_fails_in_the_end_is_a_failure(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    error = {"code": "payment_intent_payment_attempt_failed"}
    psp.pay(payment.provider_id, status="requires_payment_method", last_payment_error=error)
    assert (settle(payment, now).state, payment.refresh_from_db(), payment.failure_code) == (
        "failed",
        None,
        "payment_intent_payment_attempt_failed",
    )


def test_an_invoice_paid_by_bank_meanwhile_leaves_the_cards_money_as_credit(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    psp.pay(payment.provider_id)
    bank = received_payment(cast.acme.id, "121.00", now=now)
    allocate(actor=SYSTEM, invoice=invoice, source=bank, amount=bank.amount, value_on=now.date(), now=now)
    settle(payment, now)
    assert (owed(invoice), credit_of(cast.acme.id)) == (0, Decimal("121.00"))


def test_the_page_of_an_invoice_paid_otherwise_is_closed(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    assert close_card_payments(actor=SYSTEM, invoice_id=invoice.id, now=now) == 1
    payment.refresh_from_db()
    assert (payment.state, psp.things[payment.provider_id]["status"]) == ("cancelled", "expired")


@pytest.mark.parametrize(("cents", "open_", "credit"), [(12000, "1.00", "0.00"), (12200, "0.00", "1.00")])
def test_what_came_is_booked_and_not_what_was_asked_for(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime, cents: int, open_: str, credit: str
) -> None:
    payment = begin(cast, invoice, now)
    psp.pay(payment.provider_id, cents=cents)
    settle(payment, now)
    assert received() == [Decimal(cents) / 100]
    assert (owed(invoice), credit_of(cast.acme.id)) == (Decimal(open_), Decimal(credit))


@pytest.mark.parametrize("lie", [{"currency": "usd"}, {"amount_received": 0}])
def test_an_answer_without_euros_settles_nothing(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime, lie: dict[str, Any]
) -> None:
    payment = begin(cast, invoice, now)
    psp.pay(payment.provider_id, **lie)
    with pytest.raises(PspDown):
        settle(payment, now)
    payment.refresh_from_db()
    assert (payment.state, received()) == ("unsure", [])


def test_an_answer_about_another_payment_settles_nothing(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    psp.pay(payment.provider_id)
    psp.things[payment.provider_id]["metadata"] = {"order": "cpm_other"}
    with pytest.raises(PspDown):
        settle(payment, now)
    assert received() == []


def test_only_who_looks_after_billing_pays_and_only_own_invoices(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    with pytest.raises(Forbidden):
        start_card_payment(actor=cast.bob.actor, number=str(invoice.number), now=now)
    with pytest.raises(NotFound):
        start_card_payment(actor=cast.mallory.actor, number=str(invoice.number), now=now)
    payment = begin(cast, invoice, now)
    with pytest.raises(NotFound):
        settle_card_payment(actor=cast.mallory.actor, card_payment_id=payment.id, now=now)


def test_without_a_card_company_cards_are_not_offered(cast: Cast, invoice: Invoice, now: datetime) -> None:
    with pytest.raises(CardsNotOffered):
        begin(cast, invoice, now)


@pytest.mark.parametrize("killed_at", ["ask", "write"])
def test_whoever_is_killed_between_the_steps_the_sweeper_finishes(
    cast: Cast,
    psp: CardCompany,
    invoice: Invoice,
    now: datetime,
    killed_at: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: Any, **__: Any) -> None:
        raise Killed

    payment = begin(cast, invoice, now)
    psp.pay(payment.provider_id)
    with monkeypatch.context() as patch:
        patch.setattr(settling, {"ask": "_fetched", "write": "_record"}[killed_at], kill)
        with pytest.raises(Killed):
            settle(payment, now)
    assert received() == []
    assert queue_card_checks(actor=SYSTEM, now=now + timedelta(minutes=2)) == 0
    for minutes in (3, 4):  # two schedulers
        assert queue_card_checks(actor=SYSTEM, now=now + timedelta(minutes=minutes)) == 1
    assert Job.objects.filter(kind="billing.settle_card_payment").count() == 1
    settle(payment, now)
    assert received() == [Decimal("121.00")]


# --- Messages


def test_a_true_message_is_stored_once_and_followed_once(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    psp.pay(begin(cast, invoice, now).provider_id)
    for _ in range(3):
        hear(psp.events[0], now)
    assert PspEvent.objects.count() == Event.objects.filter(name="psp_event.recorded").count() == 1
    assert received() == [Decimal("121.00")]


@pytest.mark.parametrize(
    ("seconds", "secret", "changed"),
    [(301, SECRET, b""), (-301, SECRET, b""), (0, "whsec_other", b""), (0, SECRET, b" ")],
)
def test_a_forged_or_old_message_is_refused(
    psp: CardCompany, now: datetime, db: None, seconds: int, secret: str, changed: bytes
) -> None:
    message = {"id": "evt_x", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_x"}}}
    body, signature = psp.signed(json.dumps(message), secret=secret, at=now - timedelta(seconds=seconds))
    with pytest.raises(ForgedMessage):
        record_psp_event(actor=SYSTEM, provider="stripe", body=body + changed, signature=signature, now=now)
    assert not PspEvent.objects.exists()


@pytest.mark.parametrize("signature", ["", "t=,v1=", "v1=abc", "t=1", "nonsense", "t=ü,v1=é"])
def test_what_is_no_signature_is_refused(psp: CardCompany, now: datetime, db: None, signature: str) -> None:
    with pytest.raises(ForgedMessage):
        record_psp_event(actor=SYSTEM, provider="stripe", body=b"{}", signature=signature, now=now)


def test_a_message_is_good_for_five_minutes_and_under_either_secret_of_a_rotation(
    psp: CardCompany, now: datetime
) -> None:
    gateway = StripeGateway(secret_key=KEY, webhook_secret=SECRET)
    message = json.dumps({"id": "evt_1", "type": "charge.updated", "data": {"object": {"id": "ch_1"}}})
    body, signature = psp.signed(message, at=now - timedelta(seconds=300))
    told = gateway.verify_webhook(body, f"{signature},v1=0000,v0=00", now=now)
    assert (told.event_id, told.subject, told.topic) == ("evt_1", "ch_1", "other")
    with pytest.raises(ForgedMessage):
        StripeGateway(secret_key=KEY, webhook_secret="").verify_webhook(*psp.signed(message, secret=""), now=now)


def test_unknown_kinds_and_strangers_payments_change_nothing(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    hear(psp.signed(json.dumps({"id": "evt_1", "type": "payout.paid", "data": {"object": {"id": "po_1"}}})), now)
    with pytest.raises(NotFound):
        hear(psp.signed(json.dumps({"id": "evt_2", "type": "refund.x", "data": {"object": {"id": "re_1"}}})), now)
    assert (PspEvent.objects.count(), received()) == (2, [])


def test_messages_in_any_order_and_repeated_end_in_one_and_the_same_state(
    cast: Cast, psp: CardCompany, now: datetime
) -> None:
    """Paid, disputed, dispute won, a part refunded: every third of the 24 orders, each message twice."""
    ends = set()
    for order in list(itertools.permutations(range(4)))[::3]:
        invoice = finalised_invoice(cast.acme.id, now=now)
        psp.events.clear()
        payment = begin(cast, invoice, now)
        intent = psp.pay(payment.provider_id)
        dispute = psp.dispute(intent, cents=12100)
        psp.change(dispute, "charge.dispute.closed", status="won")
        psp.answer("POST", "/v1/refunds", {"payment_intent": intent, "amount": "2100"}, "")
        messages = [psp.events[index] for index in (0, 2, 3, 4)]
        for index in (*order, *order):
            try:
                hear(messages[index], now)
            except NotFound:  # a refund of a payment that we have not settled yet: told of again, or by its payment
                continue
        for index in (0, 3):
            event = PspEvent.objects.get(event_id=json.loads(messages[index][0])["id"])
            settle_psp_event(actor=SYSTEM, event_id=event.pk, now=now)
        total = sum(Payment.objects.filter(remittance=invoice.number).values_list("amount", flat=True), Decimal("0.00"))
        ends.add((owed(invoice), total, credit_of(cast.acme.id)))
    assert ends == {(Decimal("21.00"), Decimal("100.00"), Decimal("0.00"))}


# --- The saved card (B13)


def test_a_saved_card_pays_the_invoice_that_was_delivered_once(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    card = with_card(cast, psp, now)
    assert (card.brand, card.last4, card.expiry_month, card.expiry_year) == ("visa", "4242", 4, 2029)
    for _ in range(2):
        payment = charge(invoice, now)
    assert (payment.state, payment.saved_card_id, psp.taken) == ("succeeded", card.id, 12100)
    assert (owed(invoice), received()) == (0, [Decimal("121.00")])
    with pytest.raises(InvoiceNotOpen):
        charge(invoice, now, attempt=2)


@pytest.mark.parametrize("later", [timedelta(minutes=5), timedelta(hours=22, minutes=59), timedelta(hours=23)])
def test_a_timeout_after_the_money_was_taken_never_charges_twice(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime, later: timedelta
) -> None:
    with_card(cast, psp, now)
    psp.faults = ["after"]
    with pytest.raises(PspDown):
        charge(invoice, now)
    payment = CardPayment.objects.get()
    assert (payment.state, psp.taken, received()) == ("unsure", 12100, [])
    if later >= timedelta(hours=23):
        psp.keys.clear()  # the card company has forgotten the key: it may only be looked for
    assert settle(payment, now + later).state == "succeeded"
    assert (psp.taken, received()) == (12100, [Decimal("121.00")])


def test_a_charge_that_never_arrived_is_made_within_a_day_and_given_up_after(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    with_card(cast, psp, now)
    psp.faults = ["before"]
    with pytest.raises(PspDown):
        charge(invoice, now)
    payment = CardPayment.objects.get()
    assert settle(payment, now + timedelta(hours=23)).state == "failed"
    assert (psp.taken, CardPayment.objects.get().failure_code) == (0, "not_asked_in_time")


def test_an_answer_that_takes_too_long_is_no_answer(psp: CardCompany, now: datetime) -> None:
    psp.faults = ["slow"]
    gateway = StripeGateway(secret_key=KEY, webhook_secret=SECRET, base=psp.url, read_seconds=0.1)
    with pytest.raises(PspDown):
        gateway.fetch_payment("cs_none")


def test_a_refused_card_is_tried_three_times_in_ten_days_and_the_invoice_stays_due(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    with_card(cast, psp, now)
    psp.declines = ["insufficient_funds"] * 3
    days = []
    for attempt in (1, 2, 3):
        payment = charge(invoice, now, attempt)
        assert (payment.state, payment.failure_code) == ("failed", "insufficient_funds")
        job = Job.objects.filter(kind="billing.charge_saved_card", payload__attempt=attempt + 1).first()
        days.append((job.run_at - now).days if job else None)
    assert days == [3, 7, None]
    assert owed(invoice) == Decimal("121.00")
    assert notices("card.refused")[-1] == {
        "code": "insufficient_funds",
        "confirm": False,
        "due_on": str(invoice.due_on),
        "try_on": None,
        "invoice": invoice.number,
        "amount": "121.00",
        "brand": "visa",
        "last4": "4242",
    }


@pytest.mark.parametrize(("code", "confirm"), [("authentication_required", True), ("stolen_card", False)])
def test_what_only_the_holder_can_lift_is_not_tried_again(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime, code: str, confirm: bool
) -> None:
    with_card(cast, psp, now)
    psp.declines = [code]
    assert charge(invoice, now).failure_code == code
    assert [(facts["code"], facts["confirm"]) for facts in notices("card.refused")] == [(code, confirm)]
    assert not Job.objects.filter(kind="billing.charge_saved_card").exists()
    payment = begin(cast, invoice, now)  # the link in the notice
    psp.pay(payment.provider_id)
    settle(payment, now)
    assert owed(invoice) == 0


def test_while_the_customer_is_paying_the_saved_card_is_not_charged(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    with_card(cast, psp, now)
    begin(cast, invoice, now)
    assert charge_saved_card(actor=SYSTEM, invoice_id=invoice.id, attempt=1, now=now) is None
    job = Job.objects.get(kind="billing.charge_saved_card")
    assert (job.run_at, job.payload) == (now + timedelta(hours=2), {"subject": invoice.id, "attempt": 1})


def test_another_card_takes_the_place_of_the_one_before_and_a_removed_one_is_never_charged(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    first = with_card(cast, psp, now)
    card = save_card(actor=cast.carol.actor, consent="Charge us.", now=now)
    psp.save(card.setup_id, last4="1881")
    hear(psp.events[-1], now)
    first.refresh_from_db()
    assert (first.removed_at, SavedCard.objects.live().get().last4) == (now, "1881")
    remove_card(actor=cast.carol.actor, now=now)
    assert Event.objects.filter(name="card.removed").count() == 2
    with pytest.raises(NoSavedCard):
        charge_saved_card(actor=SYSTEM, invoice_id=invoice.id, attempt=1, now=now)
    with pytest.raises(NoSavedCard):
        remove_card(actor=cast.carol.actor, now=now)
    with pytest.raises(Forbidden):
        save_card(actor=cast.bob.actor, consent="Charge us.", now=now)


def test_the_words_of_a_consent_are_kept(cast: Cast, psp: CardCompany, now: datetime) -> None:
    card = with_card(cast, psp, now)
    assert card.consent == "Charge us."
    assert card.consent_sha256 == sha256(b"Charge us.").hexdigest()
    with pytest.raises(IntegrityError, match="is kept"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_savedcard SET consent = 'Anything'")


# --- What goes back


def paid(cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime) -> tuple[CardPayment, str]:
    payment = begin(cast, invoice, now)
    intent = psp.pay(payment.provider_id)
    return settle(payment, now), intent


def test_a_refund_goes_back_once_and_opens_the_invoice_by_its_amount(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment, _intent = paid(cast, psp, invoice, now)
    refund = refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("21.00"), now=now)
    psp.faults = ["after"]
    with pytest.raises(PspDown):
        settle_card_refund(actor=SYSTEM, refund_id=refund.id, now=now)
    for _ in range(2):
        settle_card_refund(actor=SYSTEM, refund_id=refund.id, now=now)
    hear(psp.events[-1], now)
    assert sorted(received()) == [Decimal("-21.00"), Decimal("121.00")]
    assert (owed(invoice), credit_of(cast.acme.id), len(psp.of("refund"))) == (Decimal("21.00"), 0, 1)
    assert balance(Account.CARD) == Decimal("100.00")
    for amount in ("100.01", "0.00", "-1.00", "0.001"):
        with pytest.raises(RefundTooLarge):
            refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal(amount), now=now)
    again = refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("100.00"), now=now)
    settle_card_refund(actor=SYSTEM, refund_id=again.id, now=now)
    assert (owed(invoice), balance(Account.CARD)) == (Decimal("121.00"), 0)


def test_a_refund_takes_credit_before_it_opens_an_invoice(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    psp.pay(payment.provider_id, cents=15100)
    settle(payment, now)
    refund = refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("30.00"), now=now)
    settle_card_refund(actor=SYSTEM, refund_id=refund.id, now=now)
    assert (owed(invoice), credit_of(cast.acme.id)) == (0, 0)


def test_credit_is_paid_back_once_to_the_card_or_by_transfer(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment = begin(cast, invoice, now)
    psp.pay(payment.provider_id, cents=18100)
    settle(payment, now)
    asked = refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("30.00"), now=now)
    with pytest.raises(MoreThanCredit):  # half of the credit is on its way to the card
        record_refund(actor=STAFF, customer_id=cast.acme.id, amount=Decimal("60.00"), now=now)
    record_refund(actor=STAFF, customer_id=cast.acme.id, amount=Decimal("30.00"), now=now)
    with pytest.raises(RefundTooLarge):  # of 151.00 that are left of the payment, 30.00 went back by transfer
        refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("121.01"), now=now)
    settle_card_refund(actor=SYSTEM, refund_id=asked.id, now=now)
    rest = refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("121.00"), now=now)
    settle_card_refund(actor=SYSTEM, refund_id=rest.id, now=now)
    assert (owed(invoice), credit_of(cast.acme.id)) == (Decimal("121.00"), 0)
    with pytest.raises(Forbidden):
        refund_card_payment(actor=cast.alice.actor, card_payment_id=payment.id, amount=Decimal("1.00"), now=now)


def test_a_refund_on_its_way_is_in_the_way_of_no_other_payments(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    """It opens the invoice that its own money had settled, and takes none of the customer's credit."""
    first, _intent = paid(cast, psp, invoice, now)
    other = finalised_invoice(cast.acme.id, now=now)
    second = begin(cast, other, now)
    psp.pay(second.provider_id, cents=13100)
    settle(second, now)
    asked = [refund_card_payment(actor=STAFF, card_payment_id=first.id, amount=Decimal("121.00"), now=now)]
    record_refund(actor=STAFF, customer_id=cast.acme.id, amount=Decimal("10.00"), now=now)
    with pytest.raises(RefundTooLarge):
        refund_card_payment(actor=STAFF, card_payment_id=second.id, amount=Decimal("121.01"), now=now)
    asked.append(refund_card_payment(actor=STAFF, card_payment_id=second.id, amount=Decimal("121.00"), now=now))
    for each in asked:
        settle_card_refund(actor=SYSTEM, refund_id=each.id, now=now)
    assert (owed(invoice), owed(other), credit_of(cast.acme.id)) == (Decimal("121.00"), Decimal("121.00"), 0)


def test_a_refund_the_card_company_refuses_moves_nothing(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment, intent = paid(cast, psp, invoice, now)
    psp.answer("POST", "/v1/refunds", {"payment_intent": intent, "amount": "12100"}, "")
    refund = refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("1.00"), now=now)
    assert settle_card_refund(actor=SYSTEM, refund_id=refund.id, now=now).state == "failed"
    assert received() == [Decimal("121.00")]
    hear(psp.events[-1], now)  # and the one that was made on its own pages is in the books, too
    assert sorted(received()) == [Decimal("-121.00"), Decimal("121.00")]
    assert set(CardRefund.objects.values_list("state", flat=True)) == {"failed", "succeeded"}


def test_a_refund_that_comes_back_is_the_customers_money_again(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment, _intent = paid(cast, psp, invoice, now)
    refund = refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("121.00"), now=now)
    settle_card_refund(actor=SYSTEM, refund_id=refund.id, now=now)
    psp.change(psp.of("refund")[0]["id"], "refund.failed", status="failed", failure_reason="expired_or_canceled_card")
    for _ in range(2):
        hear(psp.events[-1], now)
        settle_card_refund(actor=SYSTEM, refund_id=refund.id, now=now)
    assert (owed(invoice), sum(received())) == (0, Decimal("121.00"))


def test_what_was_not_paid_cannot_go_back(cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime) -> None:
    payment = begin(cast, invoice, now)
    with pytest.raises(CardPaymentNotPaid):
        refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("1.00"), now=now)


def test_a_dispute_opens_the_invoice_and_a_won_one_pays_it_again(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime
) -> None:
    payment, intent = paid(cast, psp, invoice, now)
    dispute = psp.dispute(intent, cents=12100, status="warning_needs_response")
    hear(psp.events[-1], now)
    assert received() == [Decimal("121.00")], "an inquiry takes no money"
    psp.change(dispute, "charge.dispute.funds_withdrawn", status="needs_response")
    for _ in range(2):
        hear(psp.events[-1], now)
    assert (owed(invoice), credit_of(cast.acme.id), balance(Account.CARD)) == (Decimal("121.00"), 0, 0)
    assert Payment.objects.get(kind="return").reverses_id == payment.payment_id
    with pytest.raises(RefundTooLarge):
        refund_card_payment(actor=STAFF, card_payment_id=payment.id, amount=Decimal("1.00"), now=now)
    assert len(notices("card.dispute_opened")) == len(notices("card.payment_disputed")) == 1
    psp.change(dispute, "charge.dispute.closed", status="won")
    hear(psp.events[-1], now)
    assert (owed(invoice), balance(Account.CARD)) == (0, Decimal("121.00"))


@pytest.mark.parametrize("change", ["UPDATE billing_cardpayment SET received = 1", "DELETE FROM billing_cardpayment"])
def test_what_was_paid_stays_as_it_was_booked(
    cast: Cast, psp: CardCompany, invoice: Invoice, now: datetime, change: str
) -> None:
    paid(cast, psp, invoice, now)
    with pytest.raises(IntegrityError, match="is kept"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def notices(kind: str) -> list[dict[str, Any]]:
    """The facts of the notices of a kind, oldest first."""
    from accounts.models import Notice

    return list(Notice.objects.filter(kind=kind).order_by("at", "pk").values_list("facts", flat=True))
