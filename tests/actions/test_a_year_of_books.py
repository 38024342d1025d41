"""Three customers live through everything that billing knows; ten years later a whole year of it goes (D4).

The scheduled jobs do what they do on any day. At the last moment of the tenth year all is there; a moment later nothing
of the year is, but for what reaches beyond it, and everything that is left works as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from billing.actions._terms import charge_setup_fee
from billing.actions.add_cost_alert import add_cost_alert
from billing.actions.change_plan import change_plan
from billing.actions.charge_add_ons import charge_add_ons
from billing.actions.correct_usage import correct_usage
from billing.actions.end_add_on import end_add_on
from billing.actions.import_statement import import_statement
from billing.actions.order_add_on import order_add_on
from billing.actions.publish_add_on import publish_add_on
from billing.actions.publish_plan_version import publish_plan_version
from billing.actions.record_detriment import record_detriment
from billing.actions.record_refund import record_refund
from billing.actions.record_return import record_return
from billing.actions.record_special_terms import record_special_terms
from billing.actions.refund_card_payment import refund_card_payment
from billing.actions.remove_card import remove_card
from billing.actions.reverse_charge import reverse_charge
from billing.actions.save_card import save_card
from billing.actions.set_spending_cap import set_spending_cap
from billing.actions.settle_card_payment import settle_card_payment
from billing.actions.start_card_payment import start_card_payment
from billing.actions.start_subscription import start_subscription
from billing.actions.suspend_for_late_payment import suspend_for_late_payment
from billing.models import (
    AddOnOrder,
    BillingDetails,
    CardPayment,
    Charge,
    DunningProposal,
    Invoice,
    Payment,
    StorageExcess,
    Subscription,
)
from billing.queries.account import statement_of
from billing.queries.isaf import isaf_of
from billing.queries.receivables import credit_of, receivables
from billing.rules.rating import SpecialTerms, Terms
from kernel import clock
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.models import AuditEntry
from portal.invariants import broken_invariants
from privacy.actions._retention import Spared
from privacy.actions._sweeps_billing import SWEEPS
from tests.cast import Customers, Member
from tests.doubles.bank import booked, camt
from tests.doubles.psp import KEY, SECRET, CardCompany, card_company
from tests.doubles.vies import fake_vies
from tests.journeys import test_10_fourteen_months as journey
from tests.journeys.test_10_fourteen_months import SIGNED, STAFF, a_customer, at, pays, schedule, use, work
from tests.sweeping import boundary, set_database_clock

SYSTEM = Actor.system("tests")
SETUP_ONLY: dict[str, Any] = {
    "monthly_fee": Decimal(1),
    "included": 0,
    "overage_unit_price": Decimal(1),
    "setup_fee": Decimal(300),
}
FIRST, LAST = date(2036, 8, 1), date(2037, 2, 5)
OVER = at("2037-01-01", "00:00:00")
NEW_YEAR = at("2047-01-01", "00:00:00")
TICK = timedelta(microseconds=1)


@pytest.fixture
def psp(settings: Any) -> Iterator[CardCompany]:
    with card_company(at("2036-10-01")) as company:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = KEY, SECRET
        settings.STRIPE_API_BASE = company.url
        yield company


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[journey.Story]:
    monkeypatch.setattr("sealing.actions.seal_invoice.printed_invoice", journey.as_printed)
    monkeypatch.setattr("sealing.actions.seal_invoice.sealed_by_operator", lambda pdf, **_named: pdf)
    with fake_vies() as vies, time_machine.travel(at("2036-08-01", "08:00:00"), tick=False) as coordinates:
        vies.valid.add("EE100931558")
        settings.VIES_URL = vies.url
        yield journey.Story(coordinates)


def live(story: journey.Story) -> None:
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        if day.day == 1:
            story.on(at(day.isoformat(), "06:00:00"), schedule)
    for moment, happens in sorted(story.events, key=lambda event: event[0]):
        story.coordinates.move_to(moment)
        happens()
        work()


def subscribed(member: Member, plan: str, interval: str) -> None:
    start_subscription(actor=SYSTEM, customer_id=member.customer.id, plan_code=plan, interval=interval, now=clock.now())


def only(rows: Any) -> Any:
    return rows.get()


def newest(member: Member) -> Invoice:
    return Invoice.objects.filter(customer=member.customer, kind="invoice", state="finalised").latest("issued_on")


# --- Alder: a plan by the month, cards, the bank, credit, refunds, services, corrections, limits


def alder(story: journey.Story, customers: Customers, psp: CardCompany) -> Member:
    member = a_customer(customers, "Alder, UAB", "LT", "LT100001919017")
    actor, customer_id = member.actor, member.customer.id
    BillingDetails.objects.create(customer=member.customer, emails=["books@alder.example"], changed_at=clock.now())

    def begins() -> None:
        subscribed(member, "1", "month")
        for key, code in enumerate(("training", "support", "phone")):
            order_add_on(
                actor=actor,
                code=code,
                quantity=1,
                agreed_amount=Decimal("150.00"),
                request_key=str(key),
                now=clock.now(),
            )
        add_cost_alert(actor=actor, amount=Decimal(150), now=clock.now())
        set_spending_cap(actor=actor, amount=Decimal(100), grace=3, now=clock.now())
        card = save_card(actor=actor, consent="Charge us.", now=clock.now())
        psp.save(card.setup_id)

    def training_was_not_given() -> None:
        order = AddOnOrder.objects.get(customer=member.customer, add_on_id="training")
        reverse_charge(actor=SYSTEM, source_type="add_on_order", source_id=order.pk, now=clock.now())
        remove_card(actor=actor, now=clock.now())

    def phone_ends() -> None:
        end_add_on(actor=actor, order_id=AddOnOrder.objects.get(add_on_id="phone").pk, now=clock.now())
        record_refund(actor=STAFF, customer_id=customer_id, amount=credit_of(customer_id), now=clock.now())

    def pays_by_card() -> None:
        payment = start_card_payment(actor=actor, number=str(newest(member).number), now=clock.now())
        psp.pay(payment.provider_id)
        settle_card_payment(actor=SYSTEM, card_payment_id=payment.id, now=clock.now())

    def wants_some_back() -> None:
        paid = CardPayment.objects.filter(saved_card=None).get()
        refund_card_payment(actor=STAFF, card_payment_id=paid.id, amount=Decimal("20.00"), now=clock.now())

    def the_bank_takes_it_back() -> None:
        paid = Payment.objects.filter(customer=member.customer, amount="20.00", method="bank").get()
        entry = booked("20.00", date(2036, 12, 7), out=True, returned=True, text="no such account")
        import_statement(actor=STAFF, content=camt([entry]), file_name="back.xml", now=clock.now())
        work()
        gone = Payment.objects.get(kind="return")
        if gone.customer_id is None:
            record_return(actor=STAFF, return_id=gone.pk, payment_id=paid.pk, now=clock.now())

    story.on(at("2036-10-01", "10:00:00"), begins)
    for month, count in (("2036-10", 480), ("2036-11", 900), ("2036-12", 520), ("2037-01", 510)):
        story.on(at(f"{month}-15"), lambda count=count: use(member, count))
    story.on(at("2036-10-16"), schedule)
    story.on(at("2036-11-16"), schedule)
    story.on(at("2036-11-10"), training_was_not_given)
    story.on(at("2036-11-11"), schedule)
    story.on(at("2036-11-20"), phone_ends)
    story.on(at("2036-11-21"), lambda: correct_usage(actor=STAFF, event_id=use(member, 2), now=clock.now()))
    story.on(at("2036-12-02"), pays_by_card)
    story.on(at("2036-12-03"), wants_some_back)
    story.on(at("2036-12-05"), pays(member))
    story.on(at("2036-12-08"), the_bank_takes_it_back)
    story.on(at("2036-12-09"), pays(member))
    story.on(at("2037-01-03"), lambda: use(member, 3, at_moment=at("2036-12-30")))
    story.on(at("2037-01-10"), pays(member))
    return member


# --- Baltic: a year in advance, cut by another; Cedar: special terms, late, suspended


def baltic(story: journey.Story, customers: Customers) -> Member:
    member = a_customer(customers, "Baltic, OU", "EE", "EE100931558")

    def changes() -> None:
        subscription = Subscription.objects.get(customer=member.customer)
        change_plan(
            actor=member.actor, subscription_id=subscription.pk, plan_code="3", interval="year", now=clock.now()
        )
        StorageExcess.objects.create(
            customer=member.customer,
            subscription=subscription,
            former_quota_gb=10,
            quota_gb=5,
            reduced_on=date(2036, 2, 1),
            first_notice_on=date(2036, 7, 1),
            last_notice_on=date(2036, 7, 20),
            erase_on=date(2036, 8, 1),
        )

    story.on(at("2036-10-01", "10:00:00"), lambda: subscribed(member, "4", "year"))
    story.on(at("2036-10-12"), pays(member))
    story.on(at("2036-11-15"), changes)
    story.on(at("2036-12-12"), pays(member))
    return member


def cedar(story: journey.Story, customers: Customers) -> Member:
    member = a_customer(customers, "Cedar, UAB", "LT", "LT119511515")
    for starts_on, fee in ((date(2036, 8, 1), 1900), (date(2036, 12, 1), 2500)):
        record_special_terms(
            actor=STAFF,
            customer_id=member.customer.id,
            overrides=SpecialTerms(
                monthly_fee=Decimal(fee), included=20_000, overage_unit_price=Decimal("0.09"), setup_fee=Decimal(0)
            ),
            starts_on=starts_on,
            ends_on=None,
            signed_on=FIRST,
            document=SIGNED,
            document_name="special-terms.pdf",
            now=clock.now(),
        )
    subscribed(member, "5", "month")

    def suspended() -> None:
        proposal = DunningProposal.objects.get(customer=member.customer, decided_at=None)
        suspend_for_late_payment(actor=STAFF, proposal_id=proposal.pk, now=clock.now())

    for day in ("2036-10-02", "2036-10-12", "2036-11-12"):
        story.on(at(day), schedule)
    for day in ("2036-10-08", "2036-11-08", "2036-12-08", "2037-01-08"):
        story.on(at(day), pays(member, issued=f"{day[:7]}-01"))
    story.on(at("2036-11-13"), suspended)
    story.on(at("2036-11-20"), pays(member))
    for day in ("2036-11-20", "2036-12-02"):
        story.on(at(day, "18:00:00"), pays(member, kind="interest_note"))
    return member


# --- the year, and what is left of it


def a_life(story: journey.Story, customers: Customers, psp: CardCompany) -> tuple[Member, Member, Member]:
    for code, interval in (("training", "once"), ("support", "month"), ("phone", "month")):
        publish_add_on(
            actor=STAFF,
            code=code,
            name=code,
            description="",
            interval=interval,
            amount=Decimal("150.00"),
            now=clock.now(),
        )
    three = alder(story, customers, psp), baltic(story, customers), cedar(story, customers)

    def staff_work() -> None:
        publish_plan_version(
            actor=STAFF,
            plan_code="1",
            effective_on=date(2037, 6, 1),
            terms=Terms(monthly_fee=Decimal("130.00"), included=500, overage_unit_price=Decimal("0.25")),
            now=clock.now(),
        )
        record_detriment(actor=STAFF, announced_on=date(2036, 11, 5), description="Slower.", now=clock.now())

    def nobodys(day: str) -> None:
        entries = [booked("77.00", date.fromisoformat(day)), booked("5.00", date.fromisoformat(day), currency="USD")]
        import_statement(actor=STAFF, content=camt(entries), file_name=f"{day}.xml", now=clock.now())

    story.on(at("2036-11-05"), staff_work)
    story.on(at("2036-11-06"), lambda: nobodys("2036-11-06"))
    story.on(at("2037-01-06"), lambda: nobodys("2037-01-06"))
    work()
    live(story)
    return three


# When a row of each table happened; None for what is the same for every customer, or stands as long as it is wished.
MOMENT: dict[str, str | None] = {
    "billing_addon": None,
    "billing_addonprice": None,
    "billing_billingdetails": None,
    "billing_costalert": None,
    "billing_costcentre": None,
    "billing_documentseries": None,
    "billing_itemprice": None,
    "billing_plan": None,
    "billing_planversion": None,
    "billing_spendingcap": None,
    "billing_addonorder": "ordered_at",
    "billing_allocation": "made_at",
    "billing_bankstatement": "imported_at",
    "billing_billingperiod": "ends_at - interval '1 second'",
    "billing_billingrun": "done_at",
    "billing_cardpayment": "created_at",
    "billing_cardrefund": "asked_at",
    "billing_charge": "occurred_at",
    "billing_detriment": "recorded_at",
    "billing_dunningproposal": "proposed_at",
    "billing_dunningstep": "at",
    "billing_invoice": "finalised_at",
    "billing_invoicefile": "(SELECT finalised_at FROM billing_invoice i WHERE i.id = t.invoice_id)",
    "billing_invoiceline": "(SELECT finalised_at FROM billing_invoice i WHERE i.id = t.invoice_id)",
    "billing_invoicemail": "queued_at",
    "billing_journalentry": "recorded_at",
    "billing_meterlevel": "recorded_at",
    "billing_meterreading": "(SELECT ends_at - interval '1 second' FROM billing_billingperiod p"
    " WHERE p.id = t.billing_period_id)",
    "billing_payment": "recorded_at",
    "billing_paymentflag": "raised_at",
    "billing_posting": "(SELECT recorded_at FROM billing_journalentry e WHERE e.id = t.entry_id)",
    "billing_pricechangenotice": "given_at",
    "billing_pspevent": "received_at",
    "billing_savedcard": "consented_at",
    "billing_specialterms": "recorded_at",
    "billing_storageexcess": "reduced_on::timestamptz",
    "billing_subscription": "started_at",
    "billing_subscriptionchange": "requested_at",
    "billing_subscriptionterm": "ends_at - interval '1 second'",
    "billing_thresholdreached": "reached_at",
    "billing_unfitentry": "booked_on::timestamptz",
    "billing_usagecorrection": "corrected_at",
    "billing_usageevent": "occurred_at",
    "billing_vatevidence": "checked_at",
}


def keys(when: str = "true", *, skip: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """The keys of all rows of billing that happened then, by table."""
    found = {}
    with connection.cursor() as cursor:
        for table, moment in MOMENT.items():
            if moment is None or table in skip:
                continue
            cursor.execute(f"SELECT id::text FROM {table} t WHERE {when.format(moment=f'({moment})')}", [])
            found[table] = {key for (key,) in cursor.fetchall()}
    return found


# Of the months before December 2036, whose last invoice is of that year, what is left after ten years, and why.
BALTICS_YEAR = {  # paid in advance until 2037; cut by a credit note that pays the next year
    "billing_allocation": 1,
    "billing_bankstatement": 1,
    "billing_billingrun": 1,
    "billing_charge": 1,
    "billing_invoice": 2,
    "billing_invoicefile": 6,
    "billing_invoiceline": 3,
    "billing_journalentry": 6,
    "billing_payment": 1,
    "billing_posting": 13,
    "billing_subscriptionterm": 1,
    "billing_vatevidence": 1,
}
STILL_RUNS = {"billing_addonorder": 1, "billing_specialterms": 1, "billing_subscription": 3}
DECEMBER = at("2036-12-01", "00:00:00")


def before(moment: datetime) -> dict[str, int]:
    found = keys(f"{{moment}} < '{moment.isoformat()}'")
    return {table: len(rows) for table, rows in found.items() if rows}


def since(moment: datetime) -> dict[str, set[str]]:
    return keys(f"{{moment}} >= '{moment.isoformat()}'")


def swept(now: datetime, spared: Spared | None = None) -> int:
    """What all sweeps of the books take, as long as they take anything, on a day as the database has it."""
    set_database_clock(now)
    gone, went = 0, -1
    while went:
        went = sum(
            sweep.erase(before=boundary(sweep, now), limit=10_000, spared=spared or Spared()) for sweep in SWEEPS
        )
        gone += went
    return gone


def due(now: datetime) -> list[int]:
    return [sweep.due(boundary(sweep, now)) for sweep in SWEEPS]


def what_staff_and_customers_see(members: tuple[Member, ...]) -> list[object]:
    """What must be the same without the year: balances, what is open, the register of later months."""
    seen: list[object] = [isaf_of(date(2037, month, 1), now=clock.now()) for month in (1, 2)]
    for member in members:
        customer_id = member.customer.id
        seen += [credit_of(customer_id), receivables(customer_id=customer_id, only_open=True)]
        account = statement_of(member.actor, first_on=date(2037, 2, 1), last_on=LAST)
        seen += [account.opening, account.closing, len(account.entries)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account, customer_id, sum(amount) FROM billing_posting WHERE account IN"
            " ('receivable', 'credit', 'deferred') GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2"
        )
        return [*seen, cursor.fetchall()]


def test_every_table_of_billing_is_spoken_of() -> None:
    tables = {model._meta.db_table for model in apps.get_app_config("billing").get_models()}
    assert MOMENT.keys() == tables


def test_a_year_in_which_everything_happened_goes_ten_years_after_it(
    story: journey.Story, customers: Customers, psp: CardCompany
) -> None:
    members = a_life(story, customers, psp)
    everything, young, seen = keys(), since(OVER), what_staff_and_customers_see(members)
    lived = before(OVER)
    missing = {table for table, moment in MOMENT.items() if moment} - lived.keys()
    assert missing == {"billing_pspevent", "billing_paymentflag"}, "or nothing is shown of these"

    assert swept(NEW_YEAR - TICK) == 0
    assert keys() == everything
    held = Spared(
        customers=frozenset(member.customer.id for member in members),
        subjects=frozenset(Payment.objects.filter(customer=None).values_list("pk", flat=True)),
    )
    swept(NEW_YEAR, held)
    assert before(OVER)["billing_invoice"] == lived["billing_invoice"]
    assert before(OVER)["billing_payment"] == lived["billing_payment"]

    assert swept(NEW_YEAR) > 40
    assert due(NEW_YEAR) == [0] * len(SWEEPS)
    assert since(OVER) == young
    assert before(DECEMBER) == BALTICS_YEAR | STILL_RUNS
    assert what_staff_and_customers_see(members) == seen
    assert broken_invariants() == {}
    call_command("reconcile", month="2037-01", stdout=StringIO())
    call_command("reconcile", month="2036-12", stdout=StringIO())
    trail = [payload_of(entry).details for entry in AuditEntry.objects.filter(action="payment.erased_unassigned")]
    assert trail == [{"amount": "77.00", "value_on": "2036-11-06"}]
    assert Payment.objects.filter(customer=None).count() == 1

    life_goes_on(story, members)
    assert swept(at("2047-12-31", "23:59:59")) == 0
    swept(at("2048-01-01", "00:00:00"))
    left = before(OVER)
    assert left.keys().isdisjoint({"billing_billingperiod", "billing_meterreading"})
    assert left["billing_usageevent"] == 1, "it came late and counts in January 2037, which is not paid"
    assert broken_invariants() == {}


def life_goes_on(story: journey.Story, members: tuple[Member, ...]) -> None:
    """The next month is invoiced with the next number, and nothing that was paid once is demanded again."""
    alder, _baltic, _cedar = members
    assert charge_add_ons(actor=SYSTEM, now=clock.now()) == 0
    subscription = Subscription.objects.get(customer=alder.customer)
    charge_setup_fee(subscription, Terms(**SETUP_ONLY), clock.now())
    assert not Charge.objects.filter(item="setup", customer=alder.customer).exists()
    serial = Invoice.objects.filter(series="INV", year=2037).latest("serial").serial
    story.coordinates.move_to(at("2037-03-01", "06:00:00"))
    schedule()
    work()
    issued = Invoice.objects.filter(issued_on=date(2037, 3, 1), series="INV").order_by("serial")
    assert [each.serial for each in issued] == [serial + 1, serial + 2]
    assert [line.kind for line in newest(alder).lines.order_by("position")] == ["fee", "charge"]
