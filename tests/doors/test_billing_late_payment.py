"""Late payment in the portal and for staff: what the customer sees, what staff decide, what stays open."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from accounts.actions.suspend_customer import suspend_customer
from accounts.models import Customer
from accounts.rules.staff_roles import StaffRole
from accounts.rules.suspensions import Ground
from billing.actions.follow_up_customer import follow_up_customer
from billing.models import DunningProposal, Invoice
from kernel import clock
from kernel.actor import Actor
from tests.cast import Cast
from tests.factories.billing import finalised_invoice
from tests.staff import staff_person

SYSTEM = Actor.system("tests")
PAGE = "billing/late-payment/"


@pytest.fixture
def today() -> datetime:
    """Now, by the clock of the contract: so many days before it are so many legal dates, whatever summer time does."""
    return clock.now().astimezone(clock.legal_zone())


@pytest.fixture
def overdue(cast: Cast, today: datetime) -> Invoice:
    """1 210.00 EUR, due ten days ago; the customer was told the day after."""
    invoice = finalised_invoice(cast.acme.id, net="1000.00", now=today - timedelta(days=40))
    follow_up_customer(actor=SYSTEM, customer_id=cast.acme.id, now=today - timedelta(days=9))
    return invoice


def test_who_reads_bills_sees_what_is_overdue_what_it_costs_and_what_follows(cast: Cast, overdue: Invoice) -> None:
    client = cast.carol.client()
    page = client.get(cast.carol.url(PAGE)).content.decode()
    for words in (
        str(overdue.number),
        "10 days late",
        "€1,210.00",
        "€2.42",
        "We told that it is overdue",
        "we give notice",
    ):
        assert words.lower() in page.lower(), words
    assert "1 invoice is overdue" in cast.alice.client().get(cast.alice.url("")).content.decode()
    assert "is overdue" not in cast.bob.client().get(cast.bob.url("")).content.decode()
    assert cast.bob.client().get(cast.bob.url(PAGE)).status_code == 403


def test_nothing_overdue_says_so(cast: Cast) -> None:
    page = cast.alice.client().get(cast.alice.url(PAGE)).content.decode()
    assert "Nothing is overdue" in page
    assert "everything was paid in time" in page


def test_while_suspended_for_late_payment_the_bills_stay_open_to_those_who_pay_them_and_nothing_else(
    cast: Cast, overdue: Invoice, today: datetime
) -> None:
    staff = Actor.staff(person_id="1", name="Sam", reason="Pay, please.")
    suspend_customer(actor=staff, customer_id=cast.acme.id, ground=Ground.NON_PAYMENT, now=today)
    alice, bob = cast.alice.client(), cast.bob.client()
    page = alice.get(cast.alice.url(PAGE))
    assert page.status_code == 200
    assert "suspended for late payment" in page.content.decode()
    offered = re.findall(r'class="(?:tabs__item|nav-item)"\s+href="([^"]+)"', page.content.decode())
    assert len(offered) == 6, offered
    assert {alice.get(each).status_code for each in offered} == {200}
    assert cast.carol.client().get(cast.carol.url(PAGE)).status_code == 200
    for path in ("", "seal/", "people/", "usage/"):
        closed = alice.get(cast.alice.url(path))
        assert (closed.status_code, b"See what is overdue and pay" in closed.content) == (403, True)
    closed = bob.get(cast.bob.url(PAGE))
    assert (closed.status_code, b"See what is overdue and pay" in closed.content) == (403, False)


@pytest.mark.parametrize("ground", [Ground.ABUSE, Ground.SANCTIONS])
def test_on_another_ground_the_bills_are_closed_too(
    cast: Cast, overdue: Invoice, today: datetime, ground: Ground
) -> None:
    staff = Actor.staff(person_id="1", name="Sam", reason="Stop.")
    suspend_customer(actor=staff, customer_id=cast.acme.id, ground=ground, now=today)
    assert cast.alice.client().get(cast.alice.url(PAGE)).status_code == 403


def test_staff_see_the_facts_and_decide_with_a_reason(cast: Cast, today: datetime) -> None:
    finalised_invoice(cast.acme.id, net="1000.00", now=today - timedelta(days=90))
    for days in (59, 45, 10):
        follow_up_customer(actor=SYSTEM, customer_id=cast.acme.id, now=today - timedelta(days=days))
    row = DunningProposal.objects.get()
    sam = staff_person("Sam", StaffRole.SUPERVISOR)
    base = f"/staff/billing/dunningproposal/{row.pk}/"
    page = sam.client.get(f"{base}change/").content.decode()
    for words in ("1210.00 EUR open, 60 days late", "Breach noticed", "to be cured until", "end-notice"):
        assert words in page, words
    later = (clock.legal_date(today) + timedelta(days=7)).isoformat()
    assert sam.client.post(f"{base}more-time/", {"until": later}).status_code == 422
    assert sam.client.post(f"{base}more-time/", {"until": later, "reason": "They asked"}).status_code == 302
    assert sam.client.post(f"{base}suspend/", {"reason": "Nothing came"}).status_code == 302
    assert sam.client.post(f"{base}dismiss/", {"reason": "Too late"}).status_code == 422
    row.refresh_from_db()
    assert (row.state, Customer.objects.get(pk=cast.acme.id).status) == ("suspended", "suspended")
    support = staff_person("Sue", StaffRole.SUPPORT)
    assert support.client.post(f"{base}dismiss/", {"reason": "I may not"}).status_code == 403
