"""What follows from late payment: steps, interest notes, decisions of staff, suspension and restoration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actions.suspend_customer import suspend_customer
from accounts.models import Customer, Notice, Suspension
from accounts.rules.suspensions import Ground
from billing import tasks
from billing.actions._allocation import allocate, undo_allocation
from billing.actions._proposals import ProposalDecided
from billing.actions.bill_interest import bill_interest
from billing.actions.dismiss_proposal import dismiss_proposal
from billing.actions.follow_up_customer import follow_up_customer
from billing.actions.follow_up_receivables import follow_up_receivables
from billing.actions.give_more_time import DayNotAhead, give_more_time
from billing.actions.restore_after_payment import restore_after_payment
from billing.actions.start_subscription import start_subscription
from billing.actions.suspend_for_late_payment import NothingOverdue, suspend_for_late_payment
from billing.models import Account, Allocation, DunningProposal, DunningStep, Invoice, Posting
from billing.queries.dunning import accrued_interest, standing_of, steps_of
from billing.queries.isaf import isaf_of
from billing.rules.dunning import Standing
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from kernel.jobs import ClaimedJob
from kernel.models import Event, Job
from tests.cast import Cast, Customers
from tests.factories.billing import finalised_invoice, received_payment

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="They were asked twice.")
ISSUED = datetime(2026, 11, 1, 10, tzinfo=UTC)  # received the same day: due on 1 December
DUE = date(2026, 12, 1)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(10), UTC)


def after(days: int) -> datetime:
    """Noon, so many days after the due date."""
    return noon(DUE + timedelta(days=days))


def pay(invoice: Invoice, amount: str, *, value_on: date, now: datetime | None = None) -> Allocation:
    booked_at = now or noon(value_on)
    payment = received_payment(invoice.customer_id, amount, now=booked_at)
    return allocate(
        actor=SYSTEM, invoice=invoice, source=payment, amount=Decimal(amount), value_on=value_on, now=booked_at
    )


def follow_up(customer_id: str, now: datetime) -> None:
    """The customer's job, as the worker runs it."""
    job = ClaimedJob(1, "billing.follow_up_customer", None, {"subject_customer": customer_id}, 1, 1, 0, False)
    tasks.follow_up_customer(job, now=now)


def told(customer_id: str) -> list[str]:
    notices = Notice.objects.filter(customer_id=customer_id).exclude(kind__startswith="contract").order_by("id")
    return [notice.kind for notice in notices]


def steps(invoice: Invoice) -> list[tuple[str, date]]:
    rows = DunningStep.objects.filter(invoice=invoice, withdrawn_at=None).order_by("id")
    return [(row.kind, row.at.date()) for row in rows]


def notes() -> list[Invoice]:
    return list(Invoice.objects.filter(kind="interest_note").order_by("finalised_at"))


@pytest.fixture
def invoice(cast: Cast) -> Invoice:
    """1 210.00 EUR, due on 1 December."""
    return finalised_invoice(cast.acme.id, net="1000.00", now=ISSUED)


def test_an_invoice_that_stays_unpaid_goes_through_every_step_once_and_staff_are_asked(
    cast: Cast, invoice: Invoice
) -> None:
    for days in (-6, -5, 0, 1, 10, 11, 41, 42, 45):
        for _ in range(2):
            follow_up(cast.acme.id, after(days))

    assert steps(invoice) == [
        ("due_soon", date(2026, 11, 26)),
        ("overdue", date(2026, 12, 2)),
        ("breach_noticed", date(2026, 12, 12)),
        ("cure_missed", date(2027, 1, 12)),
    ]
    assert [kind for kind in told(cast.acme.id) if kind.startswith("invoice")] == [
        "invoice.due_soon",
        "invoice.overdue",
        "invoice.breach_noticed",
    ]
    assert DunningStep.objects.get(kind="breach_noticed").until == date(2027, 1, 11)
    proposal = DunningProposal.objects.get()
    assert (proposal.ground, proposal.state, proposal.facts["days_late"]) == ("cure_missed", "open", 42)
    names = ["invoice.overdue", "invoice.breach_noticed", "customer.suspension_proposed"]
    assert list(Event.objects.filter(name__in=names).order_by("id").values_list("name", flat=True)) == names
    found = standing_of(cast.acme.id, after(45))
    assert (found.overdue[0].standing, found.overdue[0].days_late, found.proposed) == (Standing.NOT_CURED, 45, True)
    assert [each.number for each in standing_of(cast.acme.id, after(30)).late] == [invoice.number]


def test_a_worker_that_comes_weeks_late_antedates_nothing(cast: Cast, invoice: Invoice) -> None:
    for days in (40, 41, 49, 50, 80, 81):
        follow_up(cast.acme.id, after(days))
    assert steps(invoice) == [
        ("overdue", date(2027, 1, 10)),
        ("breach_noticed", date(2027, 1, 20)),
        ("cure_missed", date(2027, 2, 20)),
    ]


def test_interest_is_billed_at_months_end_and_when_the_invoice_is_paid_and_the_note_shows_the_arithmetic(
    cast: Cast, invoice: Invoice
) -> None:
    pay(invoice, "210.00", value_on=date(2026, 12, 11))
    follow_up(cast.acme.id, noon(date(2027, 1, 3)))
    assert notes() == []
    assert accrued_interest(invoice, date(2027, 1, 3)).total == Decimal("7.02")  # 10 x 0.242 + 23 x 0.2
    follow_up(cast.acme.id, noon(date(2027, 1, 4)))
    follow_up(cast.acme.id, noon(date(2027, 1, 20)))
    pay(invoice, "1000.00", value_on=date(2027, 1, 30))
    follow_up(cast.acme.id, noon(date(2027, 1, 31)))
    follow_up(cast.acme.id, noon(date(2027, 3, 31)))

    first, second = notes()
    assert [(note.number, note.gross, note.vat, note.vat_category) for note in (first, second)] == [
        ("INT-2027-000001", Decimal("6.42"), Decimal("0.00"), "O"),  # 2.42 + 20 x 0.2
        ("INT-2027-000002", Decimal("6.00"), Decimal("0.00"), "O"),
    ]
    line = first.lines.get()
    assert (line.interest_from, line.interest_until) == (date(2026, 12, 2), date(2027, 1, 1))
    assert line.facts["parts"] == [
        {"principal": "1210.00", "from_on": "2026-12-02", "until_on": "2026-12-11", "days": 10},
        {"principal": "1000.00", "from_on": "2026-12-12", "until_on": "2026-12-31", "days": 20},
    ]
    line = second.lines.get()
    assert (line.interest_from, line.interest_until) == (date(2027, 1, 1), date(2027, 1, 31))
    booked = Posting.objects.filter(account=Account.INTEREST).values_list("amount", flat=True)
    assert sorted(booked) == [Decimal("-6.42"), Decimal("-6.00")]
    issued = Event.objects.filter(name="invoice.finalised", payload__kind="interest_note")
    assert issued.count() == 2


def test_thirty_days_late_cost_7_26_and_paying_on_the_due_date_costs_nothing(cast: Cast, invoice: Invoice) -> None:
    punctual = finalised_invoice(cast.acme.id, now=ISSUED)
    pay(punctual, "121.00", value_on=DUE)
    pay(invoice, "1210.00", value_on=DUE + timedelta(days=30))
    follow_up(cast.acme.id, after(31))
    assert [note.gross for note in notes()] == [Decimal("7.26")]
    assert accrued_interest(invoice, date(2027, 6, 1)).total == Decimal("7.26")
    assert accrued_interest(punctual, date(2027, 6, 1)).total == Decimal("0.00")


def test_a_note_of_interest_bears_none_and_is_told_to_be_overdue_but_breaches_nothing(
    cast: Cast, invoice: Invoice
) -> None:
    pay(invoice, "1210.00", value_on=DUE + timedelta(days=30))
    follow_up(cast.acme.id, after(31))
    note = notes()[0]
    note.received_at, note.due_on = note.finalised_at, date(2027, 2, 1)
    note.save()
    for day in (date(2027, 2, 2), date(2027, 3, 4), date(2027, 4, 30)):
        follow_up(cast.acme.id, noon(day))
    assert [kind for kind, _ in steps(note)] == ["overdue"]
    assert len(notes()) == 1
    found = standing_of(cast.acme.id, noon(date(2027, 3, 1)))
    assert ([each.number for each in found.overdue], found.late) == ([note.number], ())


def test_a_payment_within_the_cure_period_cures_the_breach_even_if_the_bank_tells_of_it_later(
    cast: Cast, invoice: Invoice
) -> None:
    for days in (1, 11, 41, 42):
        follow_up(cast.acme.id, after(days))
    assert DunningProposal.objects.get().state == "open"
    pay(invoice, "1210.00", value_on=date(2027, 1, 11), now=after(43))
    follow_up(cast.acme.id, after(43))
    assert [kind for kind, _ in steps(invoice)] == ["overdue", "breach_noticed", "cured"]
    assert DunningProposal.objects.get().state == "withdrawn"
    assert told(cast.acme.id)[-1] == "invoice.cured"
    found = steps_of(invoice.id, now=after(43))
    assert found is not None
    assert (found.standing, found.to_come) == (Standing.CURED, ())


def test_what_was_paid_by_the_due_date_was_never_late_however_late_it_is_booked(cast: Cast, invoice: Invoice) -> None:
    for days in (1, 11):
        follow_up(cast.acme.id, after(days))
    pay(invoice, "1210.00", value_on=DUE, now=after(12))
    follow_up(cast.acme.id, after(12))
    assert steps(invoice) == []
    assert told(cast.acme.id)[-1] == "invoice.overdue_withdrawn"
    assert (standing_of(cast.acme.id, after(12)).late, notes()) == ((), [])


def test_a_returned_payment_brings_the_steps_back(cast: Cast, invoice: Invoice) -> None:
    for days in (1, 11):
        follow_up(cast.acme.id, after(days))
    settled = pay(invoice, "1210.00", value_on=DUE + timedelta(days=20))
    follow_up(cast.acme.id, after(21))
    undo_allocation(actor=SYSTEM, allocation=settled, now=after(22))
    follow_up(cast.acme.id, after(22))
    assert [kind for kind, _ in steps(invoice)] == ["overdue", "breach_noticed"]
    follow_up(cast.acme.id, after(50))
    assert [kind for kind, _ in steps(invoice)] == ["overdue", "breach_noticed", "cure_missed"]
    lines = [note.lines.get() for note in notes()]
    assert [(line.interest_from, line.interest_until, line.net) for line in lines] == [
        (date(2026, 12, 2), date(2026, 12, 22), Decimal("4.84")),
        (date(2026, 12, 22), date(2027, 1, 1), Decimal("2.42")),
    ]


def test_interest_billed_before_a_payment_was_known_is_credited(cast: Cast, invoice: Invoice) -> None:
    follow_up(cast.acme.id, noon(date(2027, 1, 4)))
    assert [note.gross for note in notes()] == [Decimal("7.26")]
    pay(invoice, "610.00", value_on=date(2026, 12, 11), now=noon(date(2027, 1, 5)))
    follow_up(cast.acme.id, noon(date(2027, 1, 5)))
    pay(invoice, "600.00", value_on=date(2026, 12, 21), now=noon(date(2027, 1, 6)))
    for _ in range(2):
        follow_up(cast.acme.id, noon(date(2027, 1, 6)))
    corrections = Invoice.objects.filter(kind="credit_note").order_by("serial")
    # 10 days of 1 210 and 20 of 600 are 4.82 and not 7.26; then 10 of 600 are 1.20 and not 2.40
    assert [(note.gross, note.credits, note.vat_category) for note in corrections] == [
        (Decimal("2.44"), notes()[0], "O"),
        (Decimal("1.20"), notes()[0], "O"),
    ]
    assert accrued_interest(invoice, date(2027, 6, 1)).total == Decimal("3.62")
    assert len(notes()) == 1
    register = isaf_of(date(2027, 1, 1), now=noon(date(2027, 2, 1)))
    assert b"2.44" not in register, "interest is outside VAT, and so is what is credited of it"


def late_invoices(customer_id: str, months: int) -> list[Invoice]:
    """One a month from September on, each paid a day late."""
    found = []
    for month in range(months):
        issued = datetime(2026, 9 + month, 1, 10, tzinfo=UTC)
        row = finalised_invoice(customer_id, net="1000.00", now=issued)
        pay(row, "1210.00", value_on=row.due_on + timedelta(days=1))  # type: ignore[operator]  # it has been received
        found.append(row)
    return found


def test_the_third_late_payment_of_a_term_is_put_to_staff_and_the_second_is_not(cast: Cast) -> None:
    late_invoices(cast.acme.id, 2)
    follow_up(cast.acme.id, noon(date(2026, 11, 10)))
    assert not DunningProposal.objects.exists()
    late_invoices(cast.acme.id, 3)
    follow_up(cast.acme.id, noon(date(2026, 12, 5)))
    proposal = DunningProposal.objects.get()
    assert (proposal.ground, len(standing_of(cast.acme.id, noon(date(2026, 12, 5))).late)) == ("third_late", 5)
    with pytest.raises(NothingOverdue):
        suspend_for_late_payment(actor=STAFF, proposal_id=proposal.id, now=noon(date(2026, 12, 6)))
    dismiss_proposal(actor=STAFF, proposal_id=proposal.id, now=noon(date(2026, 12, 6)))
    follow_up(cast.acme.id, noon(date(2026, 12, 7)))
    assert [row.state for row in DunningProposal.objects.all()] == ["dismissed"]
    with pytest.raises(ProposalDecided):
        dismiss_proposal(actor=STAFF, proposal_id=proposal.id, now=noon(date(2026, 12, 8)))


def test_late_payments_are_counted_in_the_contract_year_across_new_year_and_forgotten_by_none(cast: Cast) -> None:
    start = datetime(2026, 9, 12, 9, tzinfo=UTC)
    start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval="month", now=start)
    late_invoices(cast.acme.id, 4)
    found = standing_of(cast.acme.id, noon(date(2027, 1, 20)))
    assert (len(found.late), found.term_starts_on, found.term_ends_on) == (4, date(2026, 9, 1), date(2027, 9, 1))
    follow_up(cast.acme.id, noon(date(2027, 1, 20)))
    asked = DunningStep.objects.filter(kind="third_late").count()
    for day in (date(2027, 11, 20), date(2028, 1, 20), date(2029, 6, 1)):
        follow_up(cast.acme.id, noon(day))
    assert (asked, DunningStep.objects.filter(kind="third_late", withdrawn_at=None).count()) == (2, 2)
    assert (DunningProposal.objects.get().state, standing_of(cast.acme.id, noon(date(2027, 9, 2))).late) == ("open", ())


def test_interest_is_billed_however_long_an_invoice_was_left_unpaid(cast: Cast, invoice: Invoice) -> None:
    paid_on = DUE + timedelta(days=1000)
    pay(invoice, "1210.00", value_on=paid_on)
    follow_up(cast.acme.id, noon(paid_on))
    assert [note.gross for note in notes()] == [Decimal("242.00")]


@pytest.fixture
def proposal(cast: Cast, invoice: Invoice) -> DunningProposal:
    """The breach was not cured by 11 January."""
    for days in (1, 11, 42):
        follow_up(cast.acme.id, after(days))
    return DunningProposal.objects.get()


def test_staff_suspend_and_payment_restores_within_the_job_that_it_starts(
    cast: Cast, invoice: Invoice, proposal: DunningProposal
) -> None:
    suspend_for_late_payment(actor=STAFF, proposal_id=proposal.id, now=after(43))
    customer = Customer.objects.get(pk=cast.acme.id)
    held = Suspension.objects.get(lifted_at=None)
    assert (customer.status, held.ground, held.reason) == ("suspended", Ground.NON_PAYMENT, STAFF.reason)
    pay(invoice, "1209.99", value_on=DUE + timedelta(days=44))
    follow_up(cast.acme.id, after(44))
    assert Suspension.objects.filter(lifted_at=None).exists()

    pay(invoice, "0.01", value_on=DUE + timedelta(days=45))
    job = Job.objects.get(kind="billing.follow_up_customer")
    claimed = ClaimedJob(job.id, job.kind, job.customer_id, job.payload, 1, 1, 0, False)
    tasks.follow_up_customer(claimed, now=after(45))
    customer.refresh_from_db()
    assert customer.status == "active"
    assert told(cast.acme.id)[-1] == "customer.restored"


def test_a_suspension_on_another_ground_is_not_lifted_by_payment(cast: Cast, now: datetime) -> None:
    suspend_customer(actor=STAFF, customer_id=cast.acme.id, ground=Ground.ABUSE, now=now)
    assert not restore_after_payment(actor=SYSTEM, customer_id=cast.acme.id, now=now)
    assert not restore_after_payment(actor=SYSTEM, customer_id=cast.globex.id, now=now)


def test_more_time_puts_the_decision_off_until_the_day_has_passed(cast: Cast, proposal: DunningProposal) -> None:
    until = (after(50)).date()
    with pytest.raises(DayNotAhead):
        give_more_time(actor=STAFF, proposal_id=proposal.id, until=after(43).date(), now=after(43))
    give_more_time(actor=STAFF, proposal_id=proposal.id, until=until, now=after(43))
    assert standing_of(cast.acme.id, after(44)).deferred_until == until
    follow_up(cast.acme.id, after(50))
    proposal.refresh_from_db()
    assert (proposal.state, told(cast.acme.id)[-1]) == ("deferred", "invoice.more_time_given")
    follow_up(cast.acme.id, after(51))
    proposal.refresh_from_db()
    assert (proposal.state, proposal.deferred_until) == ("open", None)


def test_only_staff_decide(cast: Cast, proposal: DunningProposal) -> None:
    for actor in (SYSTEM, cast.alice.actor):
        with pytest.raises(Forbidden):
            suspend_for_late_payment(actor=actor, proposal_id=proposal.id, now=after(43))
        with pytest.raises(Forbidden):
            dismiss_proposal(actor=actor, proposal_id=proposal.id, now=after(43))
    with pytest.raises(NotFound):
        dismiss_proposal(actor=STAFF, proposal_id="prop_none", now=after(43))


def test_nobody_without_the_permission_follows_up(cast: Cast) -> None:
    for act in (follow_up_customer, bill_interest, restore_after_payment):
        with pytest.raises(Forbidden):
            act(actor=cast.bob.actor, customer_id=cast.acme.id, now=after(1))  # type: ignore[operator]  # an action


def test_each_customer_that_owes_has_a_job_of_its_own_once_an_hour(cast: Cast, invoice: Invoice) -> None:
    finalised_invoice(cast.globex.id, now=ISSUED)
    assert follow_up_receivables(actor=SYSTEM, now=after(-6)) == 0
    for minutes in (0, 59, 60):
        assert follow_up_receivables(actor=SYSTEM, now=after(-5) + timedelta(minutes=minutes)) == 2
    assert Job.objects.filter(kind="billing.follow_up_customer").count() == 4


def test_interest_of_an_invoice_paid_while_no_worker_ran_is_still_billed(cast: Cast, invoice: Invoice) -> None:
    pay(invoice, "1210.00", value_on=DUE + timedelta(days=3))
    assert follow_up_receivables(actor=SYSTEM, now=after(20)) == 1
    bill_interest(actor=SYSTEM, customer_id=cast.acme.id, now=after(20))
    assert follow_up_receivables(actor=SYSTEM, now=after(20)) == 0
    assert [note.gross for note in notes()] == [Decimal("0.73")]


def test_what_comes_to_less_than_half_a_cent_is_not_billed(cast: Cast) -> None:
    small = finalised_invoice(cast.acme.id, net="10.00", now=ISSUED)
    pay(small, "12.10", value_on=DUE + timedelta(days=1))
    assert bill_interest(actor=SYSTEM, customer_id=cast.acme.id, now=after(2)) is None


def test_steps_and_proposals_stay_as_they_were_made(proposal: DunningProposal) -> None:
    for change in (
        "UPDATE billing_dunningstep SET until = '2030-01-01' WHERE kind = 'breach_noticed'",
        "DELETE FROM billing_dunningstep",
        "UPDATE billing_dunningproposal SET ground = 'third_late'",
        "DELETE FROM billing_dunningproposal",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


@pytest.fixture
def committed(transactional_db: None) -> Invoice:
    """As above, in rows that other connections see."""
    cast = Customers().cast()
    return finalised_invoice(cast.acme.id, net="1000.00", now=ISSUED)


def test_eight_workers_at_once_take_each_step_and_bill_each_day_once(committed: Invoice) -> None:
    customer_id = committed.customer_id

    def work(_: int) -> None:
        try:
            follow_up(customer_id, after(40))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [kind for kind, _ in steps(committed)] == ["overdue"]
    assert [note.gross for note in notes()] == [Decimal("7.26")]  # December: 30 late days
