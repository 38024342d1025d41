"""Story 9: an owner ends the contract, takes it back, and ends it after all; jobs do the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts.models import Customer, Ending, Erasure
from billing.models import Subscription
from kernel import clock, jobs, runner
from kernel.models import Event, Job
from tests.cast import PASSWORD, Cast, Customers

NOVEMBER = datetime(2036, 11, 23, 9, 30, tzinfo=UTC)
DECEMBER = datetime(2036, 11, 30, 22, tzinfo=UTC)  # midnight in Vilnius


@pytest.fixture
def traveller(db: None) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOVEMBER, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def cast(traveller: time_machine.Coordinates, customers: Customers) -> Cast:
    made = customers.cast()
    Job.objects.filter(kind="trust.provision_certificates").delete()
    return made


def work() -> None:
    """What the schedule queues, and all that is queued, whatever the database's clock says of those days."""
    for kind in ("accounts.end_due_contracts", "billing.open_periods", "billing.close_ended_periods"):
        jobs.enqueue(kind, now=clock.now(), key=f"{kind}:scheduled:{clock.now().timestamp()}")
    while Job.objects.filter(state="queued").update(run_at=datetime(2020, 1, 1, tzinfo=UTC)):
        runner.drain()


def signed_in(cast: Cast) -> Client:
    client = Client(HTTP_HOST="localhost")
    client.post("/account/login/", {"login": cast.alice.person.email, "password": PASSWORD})
    return client


def test_a_contract_ends_as_it_was_told(cast: Cast, traveller: time_machine.Coordinates) -> None:
    work()
    closing, token = cast.alice.url("settings/closing/"), {"Authorization": f"Bearer {cast.alice.token()}"}
    end = {"action": "end", "name": "Acme", "when": "paid"}
    mail.outbox.clear()

    signed_in(cast).post(closing, end)
    signed_in(cast).post(closing, {"action": "withdraw"})
    work()
    assert Subscription.objects.get(customer=cast.acme).ended_at is None
    signed_in(cast).post(closing, end)
    work()

    traveller.move_to(DECEMBER - timedelta(seconds=1))
    work()
    assert signed_in(cast).get(cast.alice.url("documents/")).status_code == 200
    assert Client().get("/api/v1/seals", headers=token).status_code == 200

    for late in (timedelta(), timedelta(minutes=10), timedelta(days=2)):  # the jobs run again, and late
        traveller.move_to(DECEMBER + late)
        work()
        assert Customer.objects.get(id=cast.acme.id).status == "ended"
        assert Erasure.objects.get(customer=cast.acme).due_at == DECEMBER + timedelta(days=6)
    assert Client().get("/api/v1/seals", headers=token).status_code == 401
    owner = signed_in(cast)
    assert owner.get(cast.alice.url("documents/"))["Location"] == closing
    archive = owner.post(cast.alice.url("settings/export/"))
    assert b"contract.json" in b"".join(archive.streaming_content)

    periods = Subscription.objects.get(customer=cast.acme).periods.order_by("starts_at")
    assert [(each.ends_at, each.state) for each in periods] == [(DECEMBER, "closed")], "no month after the last"
    assert sorted(each.state for each in Ending.objects.all()) == ["done", "withdrawn"]
    assert Event.objects.filter(customer_id=cast.acme.id, name="customer.ended").count() == 1
    assert [sent.subject for sent in mail.outbox] == [
        "The contract of Acme ends on 1 December 2036",
        "The contract of Acme goes on",
        "The contract of Acme ends on 1 December 2036",
        "The contract of Acme has ended: fetch the export before 7 December 2036",
    ]
