"""From what was used to a document with a number: once, in order, and only when everything it says is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Customer
from billing.actions._allocation import open_amount
from billing.actions._drafts import InvoiceFinalised
from billing.actions.change_plan import change_plan
from billing.actions.charge_correction import CorrectionExists, CorrectionNotPositive, charge_correction
from billing.actions.close_period import close_period
from billing.actions.credit_cut_term import credit_cut_term
from billing.actions.credit_invoice import CreditExceedsInvoice, NotCreditable, NothingToCredit, credit_invoice
from billing.actions.discard_draft import discard_draft
from billing.actions.draft_invoice import draft_invoice
from billing.actions.finalise_invoice import DraftOutdated, InvoiceHeld, finalise_invoice
from billing.actions.invoice_customer import invoice_customer
from billing.actions.open_period import open_period
from billing.actions.queue_invoices import queue_invoices
from billing.actions.release_deferred import release_deferred
from billing.actions.release_invoice import NothingToRelease, release_invoice
from billing.actions.report_waiting_invoices import report_waiting_invoices
from billing.actions.reverse_charge import reverse_charge
from billing.actions.start_subscription import start_subscription
from billing.models import (
    Account,
    BillingPeriod,
    BillingRun,
    Charge,
    Invoice,
    InvoiceLine,
    Item,
    JournalEntry,
    Posting,
    SubscriptionTerm,
    UsageEvent,
    VatEvidence,
)
from billing.queries.charges import charges_to_invoice
from billing.queries.claims import next_boundary
from billing.queries.invoices import invoice_of, invoice_preview, invoices_of
from billing.queries.receivables import credit_of
from kernel import runner
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound
from kernel.models import AuditEntry, Event, Job
from tests.cast import Cast
from tests.doubles.vies import FakeVies, failing, fake_vies
from tests.factories.billing import finalised_invoice

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="looked at it")
OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)
NOVEMBER_ENDS = datetime(2026, 11, 30, 22, tzinfo=UTC)
CLOSED = NOVEMBER_ENDS + timedelta(minutes=10)
MONTH = timedelta(days=31)


@pytest.fixture
def acme(cast: Cast) -> str:
    """A Lithuanian company with an address."""
    return settle_at(cast.acme.id)


@pytest.fixture
def register(settings: Any) -> Iterator[FakeVies]:
    with fake_vies() as vies:
        settings.VIES_URL = vies.url
        yield vies


def settle_at(customer_id: str, country: str = "LT", vat_number: str = "", **changes: str) -> str:
    Customer.objects.filter(pk=customer_id).update(
        country=country,
        register_number="123456789",
        vat_number=vat_number,
        street="Gatvė 1",
        postcode="01100",
        city="Vilnius",
        **changes,
    )
    return customer_id


def subscribe(customer_id: str, now: datetime, *, plan_code: str = "1", interval: str = "month") -> None:
    """On a plan, whose set-up fee is let off: these tests are about what follows."""
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code=plan_code, interval=interval, now=now)
    reverse_charge(actor=SYSTEM, source_type="setup", source_id=customer_id, now=now)


def term_of(customer_id: str) -> SubscriptionTerm:
    return SubscriptionTerm.objects.get(customer_id=customer_id)


def use(customer_id: str, count: int, at: datetime) -> None:
    period = BillingPeriod.objects.get(customer_id=customer_id, starts_at__lte=at, ends_at__gt=at)
    first = UsageEvent.objects.count()
    UsageEvent.objects.bulk_create(
        UsageEvent(
            customer_id=customer_id,
            billing_period=period,
            meter="seal",
            source_type="tests",
            source_id=f"seal-{first + number}",
            occurred_at=at,
            recorded_at=at,
        )
        for number in range(count)
    )


def close_all(customer_id: str, now: datetime) -> None:
    for period in BillingPeriod.objects.filter(customer_id=customer_id, state="open").order_by("starts_at"):
        open_period(actor=SYSTEM, subscription_id=period.subscription_id, now=now)
    for period in BillingPeriod.objects.filter(customer_id=customer_id, state="open", ends_at__lte=now).order_by(
        "starts_at"
    ):
        close_period(actor=SYSTEM, period_id=period.pk, now=now)


def charge(customer_id: str, amount: str, at: datetime, *, item: str = Item.CERTIFICATE_2_YEARS) -> Charge:
    return Charge.objects.create(
        customer_id=customer_id,
        item=item,
        amount=Decimal(amount),
        currency="EUR",
        source_type="tests",
        source_id=f"order-{Charge.objects.count()}",
        occurred_at=at,
    )


def invoice(customer_id: str, now: datetime) -> int:
    return invoice_customer(actor=SYSTEM, customer_id=customer_id, now=now)


def only(customer_id: str, **narrowed: Any) -> Invoice:
    return Invoice.objects.get(customer_id=customer_id, **narrowed)


def brief(found: Invoice) -> list[tuple[str, int, str]]:
    return [(line.kind, line.quantity, str(line.net)) for line in found.lines.all()]


def balance(account: Account) -> Decimal:
    return sum(Posting.objects.filter(account=account).values_list("amount", flat=True), Decimal("0.00"))


def draft_of(customer_id: str, now: datetime) -> Invoice:
    boundary = next_boundary(customer_id, now)
    assert boundary is not None
    found = draft_invoice(actor=SYSTEM, customer_id=customer_id, key=boundary.key, until=boundary.until, now=now)
    assert found is not None
    return found


def test_a_month_is_invoiced_when_it_is_closed(cast: Cast, acme: str, now: datetime) -> None:
    subscribe(acme, now)
    use(acme, 501, now)
    charge(acme, "355.00", now)
    charge(acme, "99.00", NOVEMBER_ENDS)  # December's
    close_all(acme, CLOSED)

    assert invoice(acme, CLOSED) == 1
    made = only(acme)
    assert brief(made) == [("fee", 1, "125.00"), ("overage", 1, "0.25"), ("charge", 1, "355.00")]
    assert (made.number, made.reference) == ("INV-2026-000001", "RF94INV2026000001")
    assert (made.net, made.vat, made.gross) == (Decimal("480.25"), Decimal("100.85"), Decimal("581.10"))
    assert (made.vat_category, made.vat_rate, made.run_key) == ("S", Decimal("21.00"), "2026-11")
    assert (str(made.issued_on), str(made.supplied_from), str(made.supplied_until)) == (
        "2026-12-01",
        "2026-11-01",
        "2026-11-30",
    )
    assert (made.buyer["name"], made.seller["iban"], made.due_on) == ("Acme", "LT121000011101001000", None)
    assert {account: balance(account) for account in (Account.RECEIVABLE, Account.SUBSCRIPTION, Account.OVERAGE)} == {
        Account.RECEIVABLE: Decimal("581.10"),
        Account.SUBSCRIPTION: Decimal("-125.00"),
        Account.OVERAGE: Decimal("-0.25"),
    }
    assert (balance(Account.CERTIFICATES), balance(Account.VAT)) == (Decimal("-355.00"), Decimal("-100.85"))
    told = Event.objects.get(name="invoice.finalised")
    assert (told.subject, told.payload) == (made.id, {"number": "INV-2026-000001", "kind": "invoice"})
    assert invoice(acme, CLOSED) == 0
    assert invoice(acme, CLOSED + timedelta(days=3)) == 0

    view = invoice_of(cast.carol.actor, "INV-2026-000001")
    overage = view.lines[1]
    assert (overage.used, overage.included, overage.plan_name, str(overage.until_on)) == (
        501,
        500,
        "Plan 1",
        "2026-11-30",
    )
    assert [found.number for found in invoices_of(cast.alice.actor)] == ["INV-2026-000001"]
    with pytest.raises(NotFound):
        invoice_of(cast.mallory.actor, "INV-2026-000001")
    with pytest.raises(Forbidden):
        invoice_of(cast.bob.actor, "INV-2026-000001")


def test_missed_months_are_invoiced_one_at_a_time_and_in_order(acme: str) -> None:
    subscribe(acme, OCTOBER)
    charge(acme, "10.00", OCTOBER)
    late = OCTOBER + 3 * MONTH
    close_all(acme, late)
    charge(acme, "20.00", late)

    assert invoice(acme, late) == 3
    made = list(Invoice.objects.order_by("serial"))
    assert [(found.run_key, str(found.net)) for found in made] == [
        ("2026-10", "135.00"),
        ("2026-11", "125.00"),
        ("2026-12", "125.00"),
    ]
    assert {found.number[:8] for found in made if found.number} == {"INV-2027"}
    assert [run.key for run in BillingRun.objects.filter(state="done").order_by("until")] == [
        "2026-10",
        "2026-11",
        "2026-12",
    ]


def test_a_month_waits_until_it_is_closed(acme: str, now: datetime) -> None:
    subscribe(acme, now)
    charge(acme, "10.00", now)
    assert invoice(acme, CLOSED) == 0
    close_all(acme, CLOSED)
    assert invoice(acme, CLOSED) == 1


def test_a_month_that_costs_nothing_is_done_without_an_invoice(acme: str, now: datetime) -> None:
    subscribe(acme, now, interval="year")
    assert invoice(acme, now) == 1
    close_all(acme, CLOSED)
    assert invoice(acme, CLOSED) == 0
    assert BillingRun.objects.get(key="2026-11").invoice is None
    assert next_boundary(acme, CLOSED) is None


def test_a_customer_without_a_plan_is_invoiced_by_the_month(cast: Cast, acme: str, now: datetime) -> None:
    charge(acme, "205.00", now, item=Item.CERTIFICATE_1_YEAR)
    assert (queue_invoices(actor=SYSTEM, now=now), queue_invoices(actor=SYSTEM, now=CLOSED)) == (0, 1)
    assert Job.objects.get(kind="billing.invoice_customer").payload == {"customer": acme}
    assert [found.amount for found in charges_to_invoice(cast.alice.actor)] == [Decimal("205.00")]
    assert (invoice(acme, now), invoice(acme, CLOSED)) == (0, 1)
    assert charges_to_invoice(cast.alice.actor) == []
    assert queue_invoices(actor=SYSTEM, now=CLOSED) == 0


def test_a_charge_that_comes_after_its_month_was_invoiced_is_on_the_next(acme: str, now: datetime) -> None:
    charge(acme, "10.00", now)
    invoice(acme, CLOSED)
    charge(acme, "20.00", now)
    assert invoice(acme, CLOSED) == 0
    assert invoice(acme, CLOSED + MONTH) == 1
    assert only(acme, run_key="2026-12").net == Decimal("20.00")


def test_a_month_that_was_opened_after_its_charges_were_invoiced_is_not_skipped(acme: str) -> None:
    subscribe(acme, OCTOBER)
    october = BillingPeriod.objects.get(customer_id=acme)
    late = OCTOBER + 3 * MONTH
    charge(acme, "10.00", OCTOBER + MONTH)  # November's, which nobody has opened
    close_period(actor=SYSTEM, period_id=october.pk, now=late)
    assert invoice(acme, late) == 2
    open_period(actor=SYSTEM, subscription_id=october.subscription_id, now=late)
    close_all(acme, late + timedelta(hours=1))
    assert invoice(acme, late + timedelta(hours=1)) == 1
    fees = InvoiceLine.objects.filter(invoice__customer_id=acme, invoice__state="finalised", kind="fee")
    closed = BillingPeriod.objects.filter(customer_id=acme, state="closed")
    assert sorted(fees.values_list("billing_period", flat=True)) == sorted(closed.values_list("pk", flat=True))
    assert closed.count() == 3


def test_a_year_is_paid_in_advance_and_earned_month_by_month(acme: str, now: datetime) -> None:
    subscribe(acme, now, interval="year", plan_code="4")
    term = term_of(acme)
    charge(acme, "300.00", now, item=Item.SETUP)
    assert invoice(acme, now) == 1
    made = only(acme)
    assert (made.run_key, brief(made)) == (
        f"term:{term.pk}",
        [("term_fee", 12, "18000.00"), ("charge", 1, "300.00")],
    )
    assert (str(made.supplied_from), str(made.supplied_until)) == ("2026-11-01", "2027-10-31")
    assert (balance(Account.DEFERRED), balance(Account.SERVICES)) == (Decimal("-18000.00"), Decimal("-300.00"))

    assert release_deferred(actor=SYSTEM, now=NOVEMBER_ENDS - timedelta(seconds=1)) == 0
    assert release_deferred(actor=SYSTEM, now=NOVEMBER_ENDS) == 1
    assert release_deferred(actor=SYSTEM, now=NOVEMBER_ENDS) == 0
    assert balance(Account.SUBSCRIPTION) == Decimal("-1500.00")
    use(acme, 12_001, now)
    close_all(acme, CLOSED)
    assert invoice(acme, CLOSED) == 1
    assert brief(only(acme, run_key="2026-11")) == [("overage", 1, "0.13")]
    assert release_deferred(actor=SYSTEM, now=now + 13 * MONTH) == 11
    assert (balance(Account.DEFERRED), balance(Account.SUBSCRIPTION)) == (Decimal("0.00"), Decimal("-18000.00"))


def test_a_term_that_begins_with_the_month_is_on_that_months_invoice(acme: str, now: datetime) -> None:
    subscribe(acme, now)
    subscription_id = term_of(acme).subscription_id
    change_plan(actor=SYSTEM, subscription_id=subscription_id, plan_code="2", interval="year", now=now)
    close_all(acme, CLOSED)
    assert invoice(acme, CLOSED) == 1
    assert [kind for kind, *_ in brief(only(acme))] == ["fee", "term_fee"]


def test_months_that_will_not_come_are_credited_and_never_earned(acme: str, now: datetime) -> None:
    subscribe(acme, now, interval="year")
    term = term_of(acme)
    invoice(acme, now)
    release_deferred(actor=SYSTEM, now=NOVEMBER_ENDS)
    ends_at = datetime(2027, 1, 31, 22, tzinfo=UTC)
    SubscriptionTerm.objects.filter(pk=term.pk).update(ends_at=ends_at, cancel_until=ends_at)

    notes = [
        credit_cut_term(
            actor=SYSTEM, term_id=term.pk, ends_at=ends_at, months=9, net=Decimal("1125.00"), now=NOVEMBER_ENDS
        )
        for _ in range(2)
    ]
    note = only(acme, kind="credit_note")
    assert notes == [note, note]
    assert (note.number, note.gross, note.reference) == ("CRN-2026-000001", Decimal("1361.25"), "")
    assert (str(note.supplied_from), str(note.supplied_until)) == ("2027-02-01", "2027-10-31")
    demanded = only(acme, kind="invoice")
    assert open_amount(demanded) == Decimal("453.75")
    assert release_deferred(actor=SYSTEM, now=now + 13 * MONTH) == 2
    assert (balance(Account.DEFERRED), balance(Account.SUBSCRIPTION)) == (Decimal("0.00"), Decimal("-375.00"))


def test_a_term_that_was_shorter_before_it_was_invoiced_has_nothing_to_credit(acme: str, now: datetime) -> None:
    subscribe(acme, now, interval="year")
    term = term_of(acme)
    ends_at = datetime(2027, 1, 31, 22, tzinfo=UTC)
    SubscriptionTerm.objects.filter(pk=term.pk).update(ends_at=ends_at, cancel_until=ends_at)

    def cut(net: str) -> Invoice | None:
        return credit_cut_term(actor=SYSTEM, term_id=term.pk, ends_at=ends_at, months=9, net=Decimal(net), now=now)

    assert cut("1125.00") is None
    invoice(acme, now)
    assert brief(only(acme)) == [("term_fee", 3, "375.00")]
    assert (cut("1125.00"), cut("0.00")) == (None, None)
    with pytest.raises(NotFound):
        credit_cut_term(actor=SYSTEM, term_id=0, ends_at=ends_at, months=9, net=Decimal(1), now=now)


def test_a_draft_is_made_anew_when_what_it_charges_changes(acme: str, now: datetime) -> None:
    charge(acme, "10.00", now)
    taken_back = charge(acme, "20.00", now)
    first = draft_of(acme, CLOSED)
    assert draft_of(acme, CLOSED).id == first.id
    reverse_charge(actor=SYSTEM, source_type="tests", source_id=taken_back.source_id, now=CLOSED)
    with pytest.raises(DraftOutdated):
        finalise_invoice(actor=SYSTEM, invoice_id=first.id, now=CLOSED)
    assert invoice(acme, CLOSED) == 1
    assert brief(only(acme)) == [("charge", 1, "10.00")]
    with pytest.raises(InvoiceFinalised):
        finalise_invoice(actor=SYSTEM, invoice_id=only(acme).id, now=CLOSED)


def test_what_is_taken_back_after_it_was_invoiced_is_credited(acme: str, now: datetime) -> None:
    charge(acme, "100.00", now)
    invoice(acme, CLOSED)
    reverse_charge(actor=SYSTEM, source_type="tests", source_id="order-0", now=CLOSED)
    assert queue_invoices(actor=SYSTEM, now=CLOSED) == 1
    for _ in range(2):
        invoice(acme, CLOSED)
    note = only(acme, kind="credit_note")
    assert (note.gross, note.credits_id) == (Decimal("121.00"), only(acme, kind="invoice").id)
    assert (credit_of(acme), open_amount(only(acme, kind="invoice"))) == (Decimal("0.00"), Decimal("0.00"))
    assert queue_invoices(actor=SYSTEM, now=CLOSED) == 0


# --- VAT


def test_a_business_abroad_is_invoiced_without_vat_on_the_evidence_of_vies(
    acme: str, now: datetime, register: FakeVies
) -> None:
    settle_at(acme, "LV", "LV40003032949")
    register.valid = {"LV40003032949"}
    charge(acme, "100.00", now)
    invoice(acme, CLOSED)
    made = only(acme)
    assert (made.vat_category, made.vat, made.vat_reason) == ("AE", Decimal("0.00"), "reverse_charge")
    assert made.vat_evidence is not None
    assert made.vat_evidence.consultation_number == "WAPIAAAAZ0000001"

    charge(acme, "100.00", NOVEMBER_ENDS)
    invoice(acme, CLOSED + timedelta(days=31))  # the answer is 31 days old: asked again
    assert (len(register.asked), VatEvidence.objects.count()) == (2, 2)
    checked = AuditEntry.objects.filter(action="vat_number.checked").latest("at")
    assert payload_of(checked).details["valid"] is True


def test_a_number_that_vies_does_not_know_costs_vat(acme: str, now: datetime, register: FakeVies) -> None:
    settle_at(acme, "LV", "LV40003032949")
    charge(acme, "100.00", now)
    invoice(acme, CLOSED)
    assert (only(acme).vat_category, only(acme).vat) == ("S", Decimal("21.00"))


def test_while_vies_does_not_answer_the_invoice_is_held_and_later_ones_wait(
    acme: str, now: datetime, register: FakeVies
) -> None:
    settle_at(acme, "LV", "LV40003032949")
    register.valid = {"LV40003032949"}
    register.conduct = failing("MS_UNAVAILABLE")
    charge(acme, "100.00", now)
    charge(acme, "50.00", NOVEMBER_ENDS)
    for _ in range(2):
        assert invoice(acme, CLOSED) == 0
    held = only(acme)
    assert (held.state, held.held_for, held.held_since, held.number) == ("draft", "vies", CLOSED, None)
    assert AuditEntry.objects.filter(action="invoice.held").count() == 1
    with pytest.raises(NothingToRelease):
        release_invoice(actor=STAFF, invoice_id=held.id, now=CLOSED)
    assert queue_invoices(actor=SYSTEM, now=CLOSED) == 1

    assert invoice(acme, CLOSED + MONTH) == 0  # December waits behind November
    register.conduct = None
    assert invoice(acme, CLOSED + MONTH) == 2
    assert [(found.run_key, found.vat_category) for found in Invoice.objects.order_by("serial")] == [
        ("2026-11", "AE"),
        ("2026-12", "AE"),
    ]


@pytest.mark.parametrize("missing", ["OPERATOR_IBAN", "OPERATOR_STREET"])
def test_a_seller_that_is_not_complete_issues_nothing(acme: str, now: datetime, settings: Any, missing: str) -> None:
    setattr(settings, missing, "")
    charge(acme, "100.00", now)
    assert invoice(acme, CLOSED) == 0
    assert only(acme).held_for == "seller_incomplete"


def test_a_buyer_without_an_address_is_issued_nothing(acme: str, now: datetime) -> None:
    Customer.objects.filter(pk=acme).update(street="")
    charge(acme, "100.00", now)
    assert invoice(acme, CLOSED) == 0
    assert only(acme).held_for == "buyer_incomplete"


# --- Held by the breaker, and staff


def suspicious(acme: str, now: datetime) -> Invoice:
    charge(acme, "25000.01", now)
    assert invoice(acme, CLOSED) == 0
    return only(acme)


def test_what_is_unusual_waits_for_a_person(acme: str, now: datetime) -> None:
    held = suspicious(acme, now)
    assert held.held_for == "unusual_amount"
    for actor in (SYSTEM, Actor.staff(person_id="1", name="Sam", reason=" ")):
        with pytest.raises(Forbidden):
            release_invoice(actor=actor, invoice_id=held.id, now=CLOSED)
    release_invoice(actor=STAFF, invoice_id=held.id, now=CLOSED)
    assert invoice(acme, CLOSED) == 1
    assert (only(acme).released_by, only(acme).held_for, only(acme).state) == ("Sam", "", "finalised")
    assert payload_of(AuditEntry.objects.get(action="invoice.released")).reason == "looked at it"


def test_a_released_draft_that_changes_is_looked_at_again(acme: str, now: datetime) -> None:
    held = suspicious(acme, now)
    release_invoice(actor=STAFF, invoice_id=held.id, now=CLOSED)
    charge(acme, "1.00", now)
    assert invoice(acme, CLOSED) == 0
    assert only(acme).held_for == "unusual_amount"


def test_a_discarded_draft_is_made_anew(acme: str, now: datetime) -> None:
    held = suspicious(acme, now)
    with pytest.raises(Forbidden):
        discard_draft(actor=SYSTEM, invoice_id=held.id, now=CLOSED)
    discard_draft(actor=STAFF, invoice_id=held.id, now=CLOSED)
    assert not Invoice.objects.exists()
    assert not BillingRun.objects.exists()
    reverse_charge(actor=SYSTEM, source_type="tests", source_id="order-0", now=CLOSED)
    assert invoice(acme, CLOSED) == 0
    assert not Invoice.objects.exists()


def test_fees_paid_in_advance_are_no_surprise(acme: str, now: datetime) -> None:
    for _ in range(3):
        finalised_invoice(acme, net="1.00", now=now)
    subscribe(acme, now, interval="year", plan_code="4")
    assert invoice(acme, now) == 1
    charge(acme, "500.01", now)
    assert invoice(acme, CLOSED) == 0  # the month is not closed
    close_all(acme, CLOSED)
    assert invoice(acme, CLOSED) == 0
    assert only(acme, state="draft").held_for == "unusual_amount"


def test_staff_hear_once_of_what_is_not_invoiced(acme: str, now: datetime, cast: Cast) -> None:
    cast.bob.person.is_staff = True
    cast.bob.person.save()
    suspicious(acme, now)
    day = timedelta(days=1)
    assert report_waiting_invoices(actor=SYSTEM, now=CLOSED + day) == 0
    assert report_waiting_invoices(actor=SYSTEM, now=CLOSED + day + timedelta(seconds=1)) == 1
    assert report_waiting_invoices(actor=SYSTEM, now=CLOSED + 2 * day) == 0
    assert Event.objects.filter(name="notice.given", payload__kind="invoice.waiting").count() == 1


def test_a_month_that_was_never_closed_is_reported_on_the_eighth(acme: str, now: datetime) -> None:
    subscribe(acme, now)
    eighth = datetime(2026, 12, 7, 22, tzinfo=UTC)
    assert report_waiting_invoices(actor=SYSTEM, now=eighth - timedelta(seconds=1)) == 0
    assert report_waiting_invoices(actor=SYSTEM, now=eighth) == 1
    close_all(acme, eighth)
    assert invoice(acme, eighth) == 1


# --- Credit notes


def test_a_credit_note_takes_back_what_it_names_and_never_more(acme: str, now: datetime) -> None:
    made = finalised_invoice(acme, net="100.00", now=now)

    def credit(key: str, **options: Any) -> Invoice:
        return credit_invoice(actor=STAFF, invoice_id=made.id, key=key, reason="The seals failed", now=now, **options)

    part = credit("a", amounts={1: Decimal("33.33")})
    assert credit("a", amounts={1: Decimal("33.33")}) == part
    assert (part.vat, part.gross, part.reason) == (Decimal("7.00"), Decimal("40.33"), "The seals failed")
    assert open_amount(made) == Decimal("80.67")
    for amounts in ({1: Decimal("66.68")}, {1: Decimal("0.00")}, {2: Decimal("1.00")}, {}):
        with pytest.raises(CreditExceedsInvoice):
            credit("b", amounts=amounts)
    rest = credit("b")
    assert (rest.number, rest.net, rest.vat) == ("CRN-2026-000002", Decimal("66.67"), Decimal("14.00"))
    assert (open_amount(made), credit_of(acme), balance(Account.SERVICES)) == (Decimal(0), Decimal(0), Decimal(0))
    with pytest.raises(NothingToCredit):
        credit("c")
    with pytest.raises(NotCreditable):
        credit_invoice(actor=STAFF, invoice_id=part.id, key="d", reason="x", now=now)
    with pytest.raises(NotFound):
        credit_invoice(actor=STAFF, invoice_id="inv_x", key="d", reason="x", now=now)
    line = rest.lines.get()
    assert (line.kind, line.credited_line, line.quantity) == ("credit", made.lines.get(), 1)
    assert payload_of(AuditEntry.objects.filter(action="invoice.credited").latest("at")).details["credited"]


def test_what_is_credited_of_a_paid_invoice_is_the_customers_credit(cast: Cast, acme: str, now: datetime) -> None:
    from billing.actions._allocation import allocate
    from tests.factories.billing import received_payment

    made = finalised_invoice(acme, net="100.00", now=now)
    paid = received_payment(acme, "121.00", now=now)
    allocate(actor=SYSTEM, invoice=made, source=paid, amount=Decimal("121.00"), value_on=now.date(), now=now)
    for actor, reason in ((cast.alice.actor, "x"), (STAFF, " ")):
        with pytest.raises(Forbidden):
            credit_invoice(actor=actor, invoice_id=made.id, key="a", reason=reason, now=now)
    credit_invoice(actor=STAFF, invoice_id=made.id, key="a", reason="Never ordered", now=now)
    assert (credit_of(acme), open_amount(made)) == (Decimal("121.00"), Decimal("0.00"))


def test_what_was_wrong_is_credited_and_charged_again_rightly(acme: str, now: datetime) -> None:
    made = finalised_invoice(acme, net="100.00", now=now)
    note = credit_invoice(actor=STAFF, invoice_id=made.id, key="a", reason="Wrong amount", now=now)

    def correct(amount: str, note_id: str = note.id, actor: Actor = STAFF) -> Charge:
        return charge_correction(
            actor=actor, credit_note_id=note_id, amount=Decimal(amount), description="Training, one day", now=now
        )

    with pytest.raises(Forbidden):
        correct("80.00", actor=SYSTEM)
    with pytest.raises(NotFound):
        correct("80.00", made.id)
    with pytest.raises(CorrectionNotPositive):
        correct("0.00")
    correct("80.00")
    with pytest.raises(CorrectionExists):
        correct("80.00")
    invoice(acme, CLOSED)
    again = only(acme, run_key="2026-11")
    assert (again.net, again.lines.get().facts["description"]) == (Decimal("80.00"), "Training, one day")


def test_the_preview_shows_what_would_be_invoiced_now(acme: str, now: datetime) -> None:
    subscribe(acme, now)
    use(acme, 502, now)
    charge(acme, "10.00", now)
    preview = invoice_preview(acme, now)
    assert [(line.kind, str(line.net)) for line in preview.lines] == [
        ("fee", "125.00"),
        ("overage", "0.50"),
        ("charge", "10.00"),
    ]
    assert (preview.net, preview.vat, preview.gross) == (Decimal("135.50"), Decimal("28.46"), Decimal("163.96"))
    assert not Invoice.objects.exists()

    settle_at(acme, "LV", "LV40003032949")
    unknown = invoice_preview(acme, now)
    assert (unknown.held_for, unknown.vat, unknown.gross) == ("vies", None, None)


def test_the_jobs_do_all_of_it_by_themselves(acme: str) -> None:
    subscribe(acme, OCTOBER)
    close_all(acme, datetime(2026, 11, 1, tzinfo=UTC))
    runner.drain()
    assert only(acme).number is not None
    assert JournalEntry.objects.filter(kind="issued").count() == InvoiceLine.objects.count() == 1
    assert set(Job.objects.filter(kind="billing.invoice_customer").values_list("state", flat=True)) == {"done"}


def test_who_may_not_issue_issues_nothing(cast: Cast, acme: str, now: datetime) -> None:
    charge(acme, "10.00", now)
    draft = draft_of(acme, CLOSED)
    for actor in (cast.carol.actor, cast.mallory.actor):
        with pytest.raises(Forbidden):
            finalise_invoice(actor=actor, invoice_id=draft.id, now=CLOSED)
    with pytest.raises(NotFound):
        finalise_invoice(actor=SYSTEM, invoice_id="inv_x", now=CLOSED)
    Customer.objects.filter(pk=acme).update(city="")
    with pytest.raises(InvoiceHeld, match="buyer_incomplete"):
        finalise_invoice(actor=STAFF, invoice_id=draft.id, now=CLOSED)
