"""Free accounts that nobody uses for two years go, after three notices; paid ones never do (C9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from django.test import Client

from accounts.actions.note_activity import note_activity
from accounts.models import Customer, Ending, Notice
from billing.actions.start_subscription import start_subscription
from billing.models import SpecialTerms
from kernel import clock
from kernel.clock import legal_date, legal_midnight
from privacy.actions._courses_inactive import INACTIVE
from tests.cast import Cast, Customers
from tests.retention import Driver

USED_ON = date(2024, 11, 30)
DUE_ON = date(2026, 12, 1)
TICK = timedelta(microseconds=1)


def at(day: date) -> datetime:
    return legal_midnight(day)


def used(customer: Customer, on: date) -> None:
    Customer.objects.filter(id=customer.id).update(created_at=at(date(2020, 1, 1)), last_active_on=on)


@pytest.fixture
def unused(cast: Cast) -> Customer:
    used(cast.acme, USED_ON)
    used(cast.globex, date(2026, 11, 1))
    return cast.acme


def test_an_unused_free_account_is_told_three_times_and_goes_on_its_day(unused: Customer) -> None:
    driver = Driver(INACTIVE)
    assert driver.planned(at(date(2026, 8, 2)) - TICK) == {}
    assert set(driver.planned(at(date(2026, 8, 2)))) == {unused.id}
    item = driver.item(unused.id, at(date(2026, 8, 2)))
    assert item.due_on == DUE_ON
    given = [
        driver.tell(unused.id, at(DUE_ON - timedelta(days=days)) + offset)
        for days in (90, 30, 7)
        for offset in (-TICK, timedelta(0))
    ]
    assert given == [0, 1, 0, 1, 0, 1]
    told = Notice.objects.filter(kind="customer.inactive", customer=unused)
    assert {notice.facts["erased_on"] for notice in told} == {DUE_ON.isoformat()}
    assert told.first().deliveries.count() == 1  # its owner; members who manage nothing are not written to
    assert not driver.act(item, at(DUE_ON) - TICK)
    assert driver.act(item, at(DUE_ON), killed_before=INACTIVE.steps[0].name)
    ending = Ending.objects.get(customer=unused)
    assert (ending.by, ending.ground, ending.state) == ("operator", "inactivity", "done")
    assert Customer.objects.get(id=unused.id).status == "closed"


def test_notices_that_are_late_move_the_day(unused: Customer) -> None:
    driver = Driver(INACTIVE)
    assert driver.tell(unused.id, at(DUE_ON)) == 3
    item = driver.item(unused.id, at(DUE_ON))
    assert not driver.act(item, at(DUE_ON + timedelta(days=90)) - TICK)
    assert driver.act(item, at(DUE_ON + timedelta(days=90)), killed_before=INACTIVE.steps[0].name)


@pytest.mark.parametrize("late", [False, True])
def test_whoever_comes_in_between_notice_and_act_keeps_it(unused: Customer, late: bool) -> None:
    driver = Driver(INACTIVE)
    item = driver.item(unused.id, at(date(2026, 8, 2)))
    driver.tell(unused.id, at(DUE_ON - timedelta(days=7)))
    note_activity(customer_id=unused.id, on=DUE_ON)
    if late:  # after the look at it: the act looks again once it holds the customer
        assert not INACTIVE.seize(item, at(DUE_ON))
    assert not driver.act(item, at(DUE_ON))
    assert driver.planned(at(DUE_ON)) == {}
    assert Customer.objects.get(id=unused.id).status == "active"
    assert driver.item(unused.id, at(date(2028, 11, 30))).due_on == date(2028, 12, 2)


def sign(customer: Customer, on: date, monthly_fee: str, until: date | None = None) -> None:
    SpecialTerms.objects.create(
        customer=customer,
        starts_on=on,
        ends_on=until,
        monthly_fee=Decimal(monthly_fee),
        document=b"x",
        document_name="x.pdf",
        document_sha256=sha256(b"x").hexdigest(),
        signed_on=date(2026, 10, 1),
        recorded_at=at(DUE_ON),
        recorded_by="Sam",
    )


def test_paid_accounts_and_those_that_nobody_can_come_in_to_never_go(unused: Customer, cast: Cast) -> None:
    driver, now = Driver(INACTIVE), at(DUE_ON)
    assert unused.id in driver.planned(now)
    start_subscription(actor=cast.alice.actor, customer_id=unused.id, plan_code="1", interval="month", now=now)
    assert driver.planned(now) == {}
    sign(unused, date(2026, 11, 1), "0.00", date(2026, 12, 5))
    assert unused.id in driver.planned(now)
    item = driver.item(unused.id, now)
    driver.tell(unused.id, at(DUE_ON))
    sign(unused, date(2026, 12, 5), "5.00")
    assert not INACTIVE.seize(item, at(DUE_ON + timedelta(days=7)))  # a plan with a fee since the look at it
    assert driver.planned(at(date(2026, 12, 5))) == {}
    assert unused.id in driver.planned(now)
    Customer.objects.filter(id=unused.id).update(status="suspended")
    assert driver.planned(now) == {}


def test_members_and_programs_are_noted_once_a_day(cast: Cast, customers: Customers) -> None:
    today = legal_date(clock.now())
    used(cast.acme, today - timedelta(days=1))
    assert cast.bob.client().get(cast.bob.url("")).status_code == 200
    assert Customer.objects.get(id=cast.acme.id).last_active_on == today
    used(cast.acme, today - timedelta(days=1))
    token = cast.alice.token()

    answer = Client(HTTP_HOST="localhost").get("/api/v1/seals", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 200
    assert Customer.objects.get(id=cast.acme.id).last_active_on == today
    note_activity(customer_id=cast.acme.id, on=today - timedelta(days=5))
    assert Customer.objects.get(id=cast.acme.id).last_active_on == today
