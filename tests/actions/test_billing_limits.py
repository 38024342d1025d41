"""Customers are told once of each threshold, and stopped by nothing but a cap of their own."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Notice
from accounts.queries.notices import words_of
from billing.actions.add_cost_alert import CostAlertExists, TooManyCostAlerts, add_cost_alert
from billing.actions.admit_live_seal import SpendingCapReached, admit_live_seal
from billing.actions.check_all_thresholds import check_all_thresholds
from billing.actions.check_thresholds import check_thresholds
from billing.actions.record_usage import NoPlan, record_usage
from billing.actions.remove_cost_alert import remove_cost_alert
from billing.actions.set_cost_centre import set_cost_centre
from billing.actions.set_spending_cap import set_spending_cap
from billing.actions.start_subscription import start_subscription
from billing.models import CostAlert, CostCentre, ThresholdReached
from billing.queries.cost_centres import cost_split
from billing.queries.limits import limits_seen_by
from kernel import clock, runner
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import Event, Job
from kernel.tenancy.context import customer_schema
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.rules.requests import SealRequest
from tests.cast import Cast, Customers
from tests.formats.documents import document_of_size

SYSTEM = Actor.system("tests")
DECEMBER = datetime(2026, 11, 30, 22, tzinfo=UTC)
D = Decimal


@pytest.fixture
def acme(cast: Cast, now: datetime) -> Cast:
    """Acme on plan 1 (500 included, 0.25 EUR each beyond) since November 2026."""
    start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval="month", now=now)
    return cast


def deliver(customer_id: str, count: int, at: datetime, *, name: str = "d", **by: str) -> None:
    with transaction.atomic():
        for number in range(count):
            record_usage(
                customer_id=customer_id,
                source_type="delivery",
                source_id=f"{name}_{number}",
                occurred_at=at,
                now=at,
                **by,  # type: ignore[arg-type]  # texts only
            )


def check(customer_id: str, now: datetime) -> list[tuple[str, Decimal]]:
    found = check_thresholds(actor=SYSTEM, customer_id=customer_id, now=now)
    return [(each.kind.value, each.at) for each in found]


def test_each_threshold_is_told_once_a_month(acme: Cast, now: datetime) -> None:
    customer_id = acme.acme.id
    add_cost_alert(actor=acme.carol.actor, amount=D("125.50"), now=now)
    deliver(customer_id, 400, now)
    assert check(customer_id, now) == [("share", D(80))]
    assert check(customer_id, now) == []
    deliver(customer_id, 102, now, name="e")
    assert check(customer_id, now) == [("share", D(100)), ("cost", D("125.50"))]
    assert check(customer_id, now) == []
    told = Notice.objects.filter(customer_id=customer_id).order_by("at", "number")
    assert [notice.kind for notice in told] == ["usage.share_reached", "usage.share_reached", "usage.cost_reached"]
    events = Event.objects.filter(name="usage.threshold_reached").order_by("id")
    assert [(event.payload["kind"], event.payload["threshold"]) for event in events] == [
        ("share", "80"),
        ("share", "100"),
        ("cost", "125.50"),
    ]
    readers = {delivery.person_id for delivery in told[0].deliveries.all()}
    assert readers == {acme.alice.person.pk, acme.carol.person.pk}, "those who read bills"
    deliver(customer_id, 400, DECEMBER, name="f")
    assert check(customer_id, DECEMBER) == [("share", D(80))]
    with pytest.raises(IntegrityError), transaction.atomic():
        ThresholdReached.objects.update(used=1)


def test_of_two_shares_reached_at_one_time_people_are_told_of_the_higher(acme: Cast, now: datetime) -> None:
    deliver(acme.acme.id, 501, now)
    assert check(acme.acme.id, now) == [("share", D(80)), ("share", D(100))]
    [notice] = Notice.objects.filter(kind="usage.share_reached")
    assert notice.facts["threshold"] == "100"
    assert "501 of the 500 seals" in words_of(notice, language="en").text


@pytest.mark.usefixtures("transactional_db")
def test_many_who_look_at_once_tell_once(now: datetime) -> None:
    customers = Customers()
    customer_id = customers.customer("Acme", customers.person("Alice"), plan_code=None).customer.id
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="1", interval="month", now=now)
    deliver(customer_id, 400, now)

    def look(_: int) -> int:
        try:
            return len(check_thresholds(actor=SYSTEM, customer_id=customer_id, now=now))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(look, range(6))) == 1
    assert Notice.objects.filter(kind="usage.share_reached").count() == 1


def test_only_months_that_may_have_reached_something_are_looked_at(acme: Cast, now: datetime) -> None:
    def queued() -> int:
        before = Job.objects.filter(kind="billing.check_thresholds").count()
        found = check_all_thresholds(actor=SYSTEM, now=now + timedelta(seconds=before))
        assert Job.objects.filter(kind="billing.check_thresholds").count() == before + found
        return found

    deliver(acme.acme.id, 399, now)
    assert queued() == 0
    deliver(acme.acme.id, 1, now, name="e")
    assert queued() == 1
    check(acme.acme.id, now)
    assert queued() == 1, "the plan is not used up yet"
    deliver(acme.acme.id, 100, now, name="f")
    check(acme.acme.id, now)
    assert queued() == 0
    add_cost_alert(actor=acme.alice.actor, amount=D(1), now=now)
    assert queued() == 1


def test_alerts_are_set_and_removed_by_who_pays(acme: Cast, now: datetime) -> None:
    alert = add_cost_alert(actor=acme.carol.actor, amount=D("200.00"), now=now)
    with pytest.raises(CostAlertExists):
        add_cost_alert(actor=acme.carol.actor, amount=D("200.00"), now=now)
    with pytest.raises(InvalidInput):
        add_cost_alert(actor=acme.carol.actor, amount=D(0), now=now)
    for act in (
        lambda: add_cost_alert(actor=acme.bob.actor, amount=D(1), now=now),
        lambda: remove_cost_alert(actor=acme.bob.actor, alert_id=alert, now=now),
        lambda: set_spending_cap(actor=acme.bob.actor, amount=D(1), grace=1, now=now),
        lambda: set_cost_centre(actor=acme.bob.actor, orderer_id="mem_x", name="x", now=now),
        lambda: limits_seen_by(acme.bob.actor, now=now),
        lambda: cost_split(acme.bob.actor, month=None, now=now),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotFound):
        remove_cost_alert(actor=acme.mallory.actor, alert_id=alert, now=now)
    remove_cost_alert(actor=acme.carol.actor, alert_id=alert, now=now)
    assert not CostAlert.objects.exists()
    for number in range(20):
        add_cost_alert(actor=acme.carol.actor, amount=D(number + 1), now=now)
    with pytest.raises(TooManyCostAlerts):
        add_cost_alert(actor=acme.carol.actor, amount=D(99), now=now)


def test_a_cap_warns_then_stops_and_is_lifted_at_once(acme: Cast, now: datetime) -> None:
    customer_id, carol = acme.acme.id, acme.carol.actor
    set_spending_cap(actor=carol, amount=D("2.50"), grace=5, now=now)
    deliver(customer_id, 509, now)
    admit_live_seal(customer_id=customer_id, now=now)
    deliver(customer_id, 1, now, name="e")
    assert check(customer_id, now)[-1] == ("cap", D("2.50"))
    deliver(customer_id, 4, now, name="f")
    admit_live_seal(customer_id=customer_id, now=now)
    deliver(customer_id, 1, now, name="g")
    with pytest.raises(SpendingCapReached, match=r"2\.50"):
        admit_live_seal(customer_id=customer_id, now=now)
    assert check(customer_id, now) == [("stop", D("2.50"))]
    assert limits_seen_by(carol, now=now).cap.stopped  # type: ignore[union-attr]  # there is one

    admit_live_seal(customer_id=customer_id, now=DECEMBER)  # the next month begins
    set_spending_cap(actor=carol, amount=D("2.75"), grace=5, now=now)
    admit_live_seal(customer_id=customer_id, now=now)
    set_spending_cap(actor=carol, amount=D(0), grace=0, now=now)
    with pytest.raises(SpendingCapReached):
        admit_live_seal(customer_id=customer_id, now=now)
    set_spending_cap(actor=carol, amount=None, grace=0, now=now)
    admit_live_seal(customer_id=customer_id, now=now)
    kinds = Notice.objects.filter(kind__startswith="spending_cap").order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["spending_cap.reached", "spending_cap.exhausted"]
    for notice in Notice.objects.filter(kind__startswith="spending_cap"):
        assert "€2.50" in words_of(notice, language="en").text
    with pytest.raises(NoPlan):
        admit_live_seal(customer_id=acme.globex.id, now=now)


@pytest.mark.parametrize(("amount", "grace"), [("-0.01", 0), ("1", -1), ("1", 1_000_001)])
def test_a_cap_that_is_none_is_refused(acme: Cast, now: datetime, amount: str, grace: int) -> None:
    with pytest.raises(InvalidInput):
        set_spending_cap(actor=acme.carol.actor, amount=D(amount), grace=grace, now=now)
    set_spending_cap(actor=acme.carol.actor, amount=D(0), grace=1_000_000, now=now)


def test_a_capped_customer_is_refused_live_seals_with_one_statement_and_what_was_accepted_is_finished(
    sealing_cast: Cast,
) -> None:
    now, alice = clock.now(), sealing_cast.alice.actor

    def seal(*, live: bool = True) -> str:
        document = NewDocument("a.pdf", io.BytesIO(document_of_size(1000)))
        return accept_document(
            actor=alice, documents=[document], request=SealRequest(), live=live, now=clock.now()
        ).seal_id

    with customer_schema(sealing_cast.acme.id):
        seal()
        set_spending_cap(actor=alice, amount=D(0), grace=0, now=now)
        deliver(sealing_cast.acme.id, 500, now)
        with pytest.raises(SpendingCapReached):
            seal()
        seal(live=False)
        with CaptureQueriesContext(connection) as asked:
            set_spending_cap(actor=alice, amount=D(100), grace=0, now=now)
            before = len(asked)
            admit_live_seal(customer_id=sealing_cast.acme.id, now=now)
            assert len(asked) - before == 1
        seal()
        set_spending_cap(actor=alice, amount=D(0), grace=0, now=now)
    runner.drain()
    assert Event.objects.filter(name="seal.published").count() == 3


def test_a_months_cost_is_split_to_the_cent_by_who_ordered(acme: Cast, now: datetime) -> None:
    alice, bob = acme.alice.membership.id, acme.bob.membership.id
    deliver(acme.acme.id, 2, now, member_id=alice)
    deliver(acme.acme.id, 1, now, name="e", member_id=bob)
    set_cost_centre(actor=acme.carol.actor, orderer_id=bob, name="  Legal   department ", now=now)
    set_cost_centre(actor=acme.carol.actor, orderer_id=alice, name="x", now=now)
    set_cost_centre(actor=acme.carol.actor, orderer_id=alice, name=" ", now=now)
    for stranger in (acme.mallory.membership.id, acme.carol.membership.id, "", "tok_none"):
        with pytest.raises(NotFound):
            set_cost_centre(actor=acme.carol.actor, orderer_id=stranger, name="x", now=now)

    found = cost_split(acme.carol.actor, month=None, now=now)

    assert [(share.name, share.quantity, share.cost, share.cost_centre) for share in found.shares] == [
        (str(acme.alice.person), 2, D("83.33"), ""),
        (str(acme.bob.person), 1, D("41.67"), "Legal department"),
    ]
    assert [(centre.name, centre.cost) for centre in found.centres] == [
        ("Legal department", D("41.67")),
        ("", D("83.33")),
    ]
    assert sum(share.cost for share in found.shares) == found.usage.cost_so_far
    assert CostCentre.objects.count() == 1
    assert cost_split(acme.mallory.actor, month=None, now=now).shares == []
