"""Story 10: three customers live fourteen months, and every document is the one worked out by hand in the docs.

The scheduled jobs do everything; the test only lives the customers' and the staff's days. The clocks of the HSM's
authorities do not travel, so documents are filed as printed; that they are sealed is shown elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction

from accounts.actions.create_customer import create_customer
from accounts.models import Customer, Membership
from accounts.rules.applications import Particulars
from billing.actions.cancel_subscription import cancel_subscription
from billing.actions.change_plan import change_plan
from billing.actions.correct_usage import correct_usage
from billing.actions.import_statement import import_statement
from billing.actions.order_add_on import order_add_on
from billing.actions.publish_add_on import publish_add_on
from billing.actions.record_special_terms import record_special_terms
from billing.actions.record_usage import NoPlan, record_usage
from billing.actions.release_invoice import release_invoice
from billing.actions.start_subscription import start_subscription
from billing.actions.suspend_for_late_payment import suspend_for_late_payment
from billing.models import BillingPeriod, DunningProposal, Invoice, Posting, Subscription
from billing.queries.invoice_printing import PrintedInvoice
from billing.queries.receivables import credit_of, receivables
from billing.rules.rating import SpecialTerms
from kernel import clock, jobs, runner
from kernel.actor import Actor
from kernel.models import Job
from portal.routes import SCHEDULE
from tests.cast import Customers, Member
from tests.doubles.bank import Booked, booked, camt
from tests.doubles.vies import fake_vies

VILNIUS = ZoneInfo("Europe/Vilnius")
FIRST = date(2036, 1, 1)
LAST = date(2037, 3, 20)
DOCUMENT = Path(__file__).parents[2] / "docs" / "billing-examples.md"
STAFF = Actor.staff(person_id="1", name="Sam", reason="As told in the examples.")
SIGNED = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def at(day: str, time: str = "09:00:00") -> datetime:
    """A moment of Vilnius."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=VILNIUS).astimezone(UTC)


def schedule() -> None:
    """All that the schedule queues for billing."""
    for kind in [name for name in SCHEDULE if name.startswith("billing.")]:
        jobs.enqueue(kind, now=clock.now(), key=f"{kind}:scheduled:{clock.now().timestamp()}")


def work() -> None:
    """All that is queued, whatever the database's clock says."""
    while Job.objects.filter(state="queued").update(run_at=datetime(2020, 1, 1, tzinfo=UTC)):
        runner.drain()


@dataclass
class Story:
    """What happens when; `live` goes through it in order, lets the schedule run on the 1st and 4th of each month, and
    the jobs work after each event.
    """

    coordinates: time_machine.Coordinates
    events: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def on(self, moment: datetime, happens: Callable[[], object]) -> None:
        self.events.append((moment, happens))

    def live(self) -> None:
        for number in range((LAST - FIRST).days + 1):
            day = FIRST + timedelta(days=number)
            if day.day in {1, 4}:
                self.on(at(day.isoformat(), "06:00:00"), schedule)
        for moment, happens in sorted(self.events, key=lambda event: event[0]):
            self.coordinates.move_to(moment)
            happens()
            work()


def as_printed(invoice_id: str, *, now: datetime) -> PrintedInvoice | None:
    """What the printer would make, without the minutes that it takes for all of them."""
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.files.exists():
        return None
    xml = b"" if invoice.kind == "interest_note" else b"<Invoice/>"
    return PrintedInvoice(
        invoice_id=invoice_id, number=str(invoice.number), pdf=b"%PDF-1.7", ubl=xml, cii=xml, seal_reason=""
    )


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch, settings: object) -> Iterator[Story]:
    sealing = "sealing.actions.seal_invoice"
    monkeypatch.setattr(f"{sealing}.printed_invoice", as_printed)
    monkeypatch.setattr(f"{sealing}.sealed_by_operator", lambda pdf, **_named: pdf)
    with fake_vies() as vies, time_machine.travel(at("2036-01-01", "08:00:00"), tick=False) as coordinates:
        vies.valid.add("EE100931558")
        settings.VIES_URL = vies.url  # type: ignore[attr-defined]  # of Django's settings
        yield Story(coordinates)


def a_customer(customers: Customers, name: str, country: str, vat_number: str) -> Member:
    owner = customers.person(name)
    customer = create_customer(
        actor=Actor.system("tests"),
        name=name,
        kind=Customer.Kind.LEGAL_ENTITY,
        country=country,
        owner_id=owner.pk,
        plan_code=None,
        now=clock.now(),
        particulars=Particulars("302000001", vat_number, "Main street 1", "01100", "City"),
    )
    Job.objects.filter(kind="trust.provision_certificates").delete()
    return Member(owner, Membership.objects.get(customer=customer), customer)


def use(member: Member, quantity: int, *, at_moment: datetime | None = None) -> int:
    """Some seals, now or at another moment; they count together."""
    now = clock.now()
    with transaction.atomic():
        return record_usage(
            customer_id=member.customer.id,
            source_type="example",
            source_id=f"{now.timestamp()}:{at_moment}:{quantity}",
            quantity=quantity,
            occurred_at=at_moment or now,
            now=now,
        )


def pays(member: Member, amount: str | None = None, *, kind: str = "invoice", issued: str = "") -> Callable[[], None]:
    """The customer's transfers of today: all that is open of a kind, or a part of the one issued on a day."""

    def pay() -> None:
        today = clock.now().astimezone(VILNIUS).date()
        chosen = [
            entry
            for entry in receivables(customer_id=member.customer.id, only_open=True)
            if entry.kind == kind and (not issued or entry.issued_on.isoformat() == issued)
        ]
        entries: list[Booked] = []
        for entry in chosen:
            reference = Invoice.objects.get(pk=entry.invoice_id).reference
            entries.append(booked(amount or str(entry.open), today, reference=reference))
        if entries:
            name = f"{member.customer.slug}-{today}-{kind}.xml"
            import_statement(actor=STAFF, content=camt(entries), file_name=name, now=clock.now())

    return pay


def first_days() -> list[date]:
    return [date(2036 + (month - 1) // 12, (month - 1) % 12 + 1, 1) for month in range(2, 16)]


# --- the three customers ------------------------------------------------------------------------------------------

ALDERS_SEALS = {
    "2036-01": 480,
    "2036-02": 500,
    "2036-03": 501,
    "2036-04": 620,
    "2036-06": 1350,
    "2036-07": 499,
    "2036-08": 600,
    "2036-09": 700,
    "2036-10": 503,
    "2036-11": 800,
    "2036-12": 520,
    "2037-02": 640,
}
BALTICS_SEALS = {
    "2036-01": 12_000,
    "2036-03": 12_345,
    "2036-07": 15_000,
    "2036-11": 12_001,
    "2036-12": 12_100,
    "2037-01": 5_200,
    "2037-02": 4_000,
}
CEDARS_SEALS = {
    "2036-01": 20_000,
    "2036-02": 23_457,
    "2036-03": 25_000,
    "2036-04": 21_000,
    "2036-05": 12_000,
    "2036-07": 20_001,
    "2036-08": 19_999,
    "2036-09": 31_111,
    "2036-10": 30_000,
    "2036-11": 30_001,
    "2037-01": 29_999,
    "2037-02": 30_500,
}


def alder(story: Story, customers: Customers) -> Member:
    member = a_customer(customers, "Alder, UAB", "LT", "LT100001919017")
    actor = member.actor
    start_subscription(actor=actor, customer_id=member.customer.id, plan_code="1", interval="month", now=clock.now())
    for month, count in ALDERS_SEALS.items():
        story.on(at(f"{month}-15"), lambda count=count: use(member, count))
    for moment in ("2036-07-31T23:59:59.999999", "2036-08-01T00:00:00"):
        story.on(at(*moment.split("T")), lambda: use(member, 1))
    story.on(
        at("2036-09-10"),
        lambda: order_add_on(
            actor=actor,
            code="training",
            quantity=1,
            agreed_amount=Decimal("150.00"),
            request_key="one",
            now=clock.now(),
        ),
    )
    story.on(at("2036-12-03"), lambda: use(member, 3, at_moment=at("2036-11-30")))

    story.on(at("2037-01-15"), lambda: taken_back(member))
    story.on(
        at("2037-02-10"),
        lambda: cancel_subscription(
            actor=actor, subscription_id=Subscription.objects.get(customer=member.customer).pk, now=clock.now()
        ),
    )
    for first in first_days():
        story.on(at((first + timedelta(days=10)).isoformat()), pays(member))
    return member


def taken_back(member: Member) -> None:
    """505 seals of which staff take back two."""
    use(member, 503)
    correct_usage(actor=STAFF, event_id=use(member, 2), now=clock.now())


def baltic(story: Story, customers: Customers) -> Member:
    member = a_customer(customers, "Baltic, OÜ", "EE", "EE100931558")
    actor = member.actor
    start_subscription(actor=actor, customer_id=member.customer.id, plan_code="4", interval="year", now=clock.now())
    for month, count in BALTICS_SEALS.items():
        story.on(at(f"{month}-20"), lambda count=count: use(member, count))
    story.on(
        at("2036-06-15"),
        lambda: change_plan(
            actor=actor,
            subscription_id=Subscription.objects.get(customer=member.customer).pk,
            plan_code="3",
            interval="month",
            now=clock.now(),
        ),
    )
    for day in ["2036-01-01", *(first.isoformat() for first in first_days())]:
        story.on(at(day, "12:00:00"), pays(member))

    def look_at_it() -> None:
        held = Invoice.objects.get(customer=member.customer, state="draft")
        assert held.held_for == "unusual_amount"
        release_invoice(actor=STAFF, invoice_id=held.pk, now=clock.now())

    story.on(at("2037-02-01", "10:00:00"), look_at_it)
    return member


def cedar(story: Story, customers: Customers) -> Member:
    member = a_customer(customers, "Cedar, UAB", "LT", "LT119511515")
    customer_id = member.customer.id
    agreed = (
        (
            date(2036, 1, 1),
            SpecialTerms(monthly_fee=Decimal(1900), included=20_000, overage_unit_price=Decimal("0.095")),
        ),
        (
            date(2036, 9, 1),
            SpecialTerms(monthly_fee=Decimal(2500), included=30_000, overage_unit_price=Decimal("0.08")),
        ),
    )
    for starts_on, overrides in agreed:
        record_special_terms(
            actor=STAFF,
            customer_id=customer_id,
            overrides=overrides,
            starts_on=starts_on,
            ends_on=None,
            signed_on=FIRST,
            document=SIGNED,
            document_name="special-terms.pdf",
            now=clock.now(),
        )
    start_subscription(actor=STAFF, customer_id=customer_id, plan_code="5", interval="month", now=clock.now())
    for month, count in CEDARS_SEALS.items():
        story.on(at(f"{month}-10", "08:00:00"), lambda count=count: use(member, count))
    story.on(at("2036-06-20"), lambda: use(member, 9_000))
    story.on(at("2036-03-22"), pays(member, issued="2036-02-01"))
    story.on(at("2036-04-10"), pays(member, "1000.00", issued="2036-03-01"))
    story.on(at("2036-04-30"), pays(member, issued="2036-03-01"))
    story.on(at("2036-06-12"), pays(member, issued="2036-04-01"))
    for day in ("2036-03-22", "2036-04-30", "2036-06-04", "2036-06-12"):
        story.on(at(day, "18:00:00"), pays(member, kind="interest_note"))
    for first in first_days()[3:]:
        story.on(at((first + timedelta(days=10)).isoformat()), pays(member, issued=first.isoformat()))

    def suspend() -> None:
        proposal = DunningProposal.objects.get(customer=member.customer, decided_at=None)
        suspend_for_late_payment(actor=STAFF, proposal_id=proposal.pk, now=clock.now())

    story.on(at("2036-05-02"), schedule)
    story.on(at("2036-05-20"), suspend)
    story.on(at("2036-05-21"), lambda: standing_is(member, Customer.Status.SUSPENDED))
    story.on(at("2036-06-13"), lambda: standing_is(member, Customer.Status.ACTIVE))
    return member


def standing_is(member: Member, status: str) -> None:
    assert Customer.objects.get(pk=member.customer.pk).status == status


# --- what the documentation says ----------------------------------------------------------------------------------


def table_of(name: str) -> list[tuple[str, ...]]:
    """The rows of a customer's table: issued, net, VAT, gross, due."""
    section = DOCUMENT.read_text().split(f"## {name}")[1].split("\n## ")[0]
    rows = re.findall(
        r"^\| (\d{4}-\d\d-\d\d) \|.*\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| (\d{4}-\d\d-\d\d) \|$", section, re.M
    )
    assert rows
    return rows


def interest_of(name: str) -> list[tuple[str, str]]:
    section = DOCUMENT.read_text().split(f"## {name}")[1].split("\n## ")[0]
    return re.findall(r"^\| (\d{4}-\d\d-\d\d) \| [^|]+ \| [^|]+ \| ([\d.]+) \|$", section, re.MULTILINE)


def invoices_of(member: Member) -> list[tuple[str, ...]]:
    return [
        (str(each.issued_on), str(each.net), str(each.vat), str(each.gross), str(each.due_on))
        for each in Invoice.objects.filter(customer=member.customer, kind="invoice").order_by("issued_on", "serial")
    ]


def test_three_customers_get_the_documents_that_were_worked_out_by_hand(story: Story, customers: Customers) -> None:
    publish_add_on(
        actor=STAFF,
        code="training",
        name="Training",
        description="Half a day, online.",
        interval="once",
        amount=Decimal("150.00"),
        now=clock.now(),
    )
    living = {"Alder, UAB": alder(story, customers), "Baltic, OÜ": baltic(story, customers)}
    living["Cedar, UAB"] = cedar(story, customers)
    work()
    story.live()

    for name, member in living.items():
        assert invoices_of(member) == table_of(name), name
        assert receivables(customer_id=member.customer.id, only_open=True) == [], name
        assert credit_of(member.customer.id) == 0
    notes = Invoice.objects.filter(kind="interest_note").order_by("issued_on", "serial")
    assert [(str(note.issued_on), str(note.gross)) for note in notes] == interest_of("Cedar, UAB")
    assert {note.customer_id for note in notes} == {living["Cedar, UAB"].customer.id}
    assert not Invoice.objects.filter(state="draft").exists()

    the_plan_is_over(living["Alder, UAB"])
    assert (
        Subscription.objects.filter(customer=living["Baltic, OÜ"].customer, ended_at=None).get().plan_version.plan_id
        == "3"
    )
    assert sum(Posting.objects.values_list("amount", flat=True)) == 0


def the_plan_is_over(member: Member) -> None:
    periods = BillingPeriod.objects.filter(customer=member.customer)
    assert max(periods.values_list("ends_at", flat=True)) == at("2037-03-01", "00:00:00")
    with pytest.raises(NoPlan):
        use(member, 1)
