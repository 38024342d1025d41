"""Choosing a plan, and changing the price list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from billing import queries
from billing.actions.open_periods import open_periods
from billing.actions.publish_plan_version import (
    AlreadyPublished,
    EffectiveTooSoon,
    NegativePrice,
    publish_plan_version,
)
from billing.actions.start_subscription import (
    AlreadySubscribed,
    IndividualAgreementNeeded,
    PlanNotOffered,
    start_subscription,
)
from billing.models import BillingPeriod, Subscription
from billing.rules.rating import Terms
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound
from kernel.models import AuditEntry, Event
from tests.cast import Cast, Customers

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="new price list")
DEARER = Terms(monthly_fee=Decimal("150.00"), included=600, overage_unit_price=Decimal("0.215"))
NOVEMBER_ENDS = datetime(2026, 11, 30, 22, tzinfo=UTC)


def start(customer_id: str, now: datetime, *, plan_code: str = "1", interval: str = "month") -> Subscription:
    subscription_id = start_subscription(
        actor=SYSTEM, customer_id=customer_id, plan_code=plan_code, interval=interval, now=now
    )
    return Subscription.objects.get(pk=subscription_id)


def test_the_price_list_is_the_one_of_the_contract(db: None) -> None:
    prices = queries.price_list(date(2026, 11, 23))

    assert [
        (plan.code, plan.included, plan.monthly_fee, plan.overage_unit_price, plan.setup_fee, plan.individual)
        for plan in prices
    ] == [
        ("1", 500, Decimal(125), Decimal("0.25"), Decimal(300), False),
        ("2", 1_000, Decimal(200), Decimal("0.20"), Decimal(300), False),
        ("3", 5_000, Decimal(780), Decimal("0.16"), Decimal(300), False),
        ("4", 12_000, Decimal(1_500), Decimal("0.13"), Decimal(300), False),
        ("5", None, None, None, None, True),
    ]


def test_a_plan_chosen_in_the_middle_of_a_month_is_for_that_whole_month(cast: Cast, now: datetime) -> None:
    start_subscription(actor=cast.alice.actor, customer_id=cast.acme.id, plan_code="2", interval="month", now=now)
    figures = queries.usage(customer_id=cast.acme.id, now=now)
    plan = queries.plan_in_force(customer_id=cast.acme.id, now=now)

    assert (figures.plan_code, figures.included, figures.fee) == ("2", 1_000, Decimal("200.00"))
    assert (figures.starts_on, figures.period_end) == (date(2026, 11, 1), NOVEMBER_ENDS)
    assert plan is not None
    assert (plan.plan_code, plan.interval, plan.ends_at) == ("2", "month", None)
    assert payload_of(AuditEntry.objects.get(action="subscription.started")).actor_name == "Alice"
    assert Event.objects.get(name="subscription.started").customer_id == cast.acme.id


def test_only_who_manages_billing_chooses_a_plan_and_only_for_the_own_customer(cast: Cast, now: datetime) -> None:
    for member, refusal in ((cast.bob, Forbidden), (cast.dave, Forbidden), (cast.mallory, NotFound)):
        with pytest.raises(refusal):
            start_subscription(actor=member.actor, customer_id=cast.acme.id, plan_code="1", interval="month", now=now)
    assert queries.plan_in_force(customer_id=cast.acme.id, now=now) is None
    start_subscription(actor=cast.carol.actor, customer_id=cast.acme.id, plan_code="1", interval="month", now=now)


@pytest.mark.parametrize(
    ("plan_code", "refusal"), [("5", IndividualAgreementNeeded), ("6", PlanNotOffered), ("", PlanNotOffered)]
)
def test_a_plan_without_a_public_price_cannot_be_chosen(
    cast: Cast, now: datetime, plan_code: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        start(cast.acme.id, now, plan_code=plan_code)


def test_a_customer_has_one_plan_at_a_time(cast: Cast, now: datetime) -> None:
    start(cast.acme.id, now)

    with pytest.raises(AlreadySubscribed):
        start(cast.acme.id, now, plan_code="2")


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("interval", ["month", "once"])
def test_of_plans_chosen_at_once_only_one_begins_now(now: datetime, interval: str) -> None:
    customers = Customers()
    customer_id = customers.customer("Acme", customers.person("Alice")).customer.id

    def choose(plan_code: str) -> bool:
        try:
            start(customer_id, now, plan_code=plan_code, interval=interval)
        except AlreadySubscribed:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(choose, "1234"))

    assert Subscription.objects.filter(started_at=now).count() == 1
    # A one-off plan chosen a moment after another was granted rightly follows it; nothing else may.
    assert outcomes.count(True) == Subscription.objects.count()
    assert interval == "once" or outcomes.count(True) == 1


def test_a_one_off_subscription_ends_with_its_month_and_another_follows_it(cast: Cast, now: datetime) -> None:
    first = start(cast.acme.id, now, interval="once")
    second = start(cast.acme.id, now, interval="once", plan_code="2")
    open_periods(actor=SYSTEM, now=NOVEMBER_ENDS + timedelta(days=70))

    assert first.ended_at == second.started_at == NOVEMBER_ENDS
    periods = BillingPeriod.objects.filter(customer_id=cast.acme.id).order_by("starts_at")
    assert [(period.subscription_id, period.plan_version.plan_id) for period in periods] == [
        (first.pk, "1"),
        (second.pk, "2"),
    ]
    assert queries.plan_in_force(customer_id=cast.acme.id, now=NOVEMBER_ENDS + timedelta(days=31)) is None


def test_an_annual_subscription_has_monthly_periods(cast: Cast, now: datetime) -> None:
    start(cast.acme.id, now, interval="year")

    open_periods(actor=SYSTEM, now=now + timedelta(days=370))

    assert BillingPeriod.objects.filter(customer_id=cast.acme.id).count() == 13


def test_new_prices_hold_from_their_day_for_who_chooses_the_plan_then(cast: Cast, now: datetime) -> None:
    start(cast.acme.id, now)
    publish_plan_version(
        actor=STAFF, plan_code="1", effective_on=date(2026, 12, 1), terms=DEARER, setup_fee=Decimal(0), now=now
    )
    later = NOVEMBER_ENDS
    start(cast.globex.id, later)
    open_periods(actor=SYSTEM, now=later)

    assert queries.price_list(date(2026, 11, 30))[0].monthly_fee == Decimal("125.00")
    assert queries.price_list(date(2026, 12, 1))[0].monthly_fee == Decimal("150.00")
    assert queries.usage(customer_id=cast.acme.id, now=later).fee == Decimal("125.00")
    assert queries.usage(customer_id=cast.globex.id, now=later).fee == Decimal("150.00")
    assert payload_of(AuditEntry.objects.get(action="plan_version.published")).reason == "new price list"


def test_a_plan_whose_fee_is_zero_is_free(cast: Cast, now: datetime) -> None:
    free = Terms(monthly_fee=Decimal(0), included=20, overage_unit_price=Decimal("0.25"))
    publish_plan_version(
        actor=STAFF, plan_code="1", effective_on=date(2026, 11, 24), terms=free, setup_fee=Decimal(0), now=now
    )
    start(cast.acme.id, now + timedelta(days=1))

    assert queries.usage(customer_id=cast.acme.id, now=now + timedelta(days=1)).cost_so_far == Decimal("0.00")


def test_prices_are_published_by_staff_ahead_once_and_never_negative(cast: Cast, now: datetime) -> None:
    def publish(
        actor: Actor = STAFF, plan_code: str = "1", on: date = date(2026, 11, 24), terms: Terms = DEARER
    ) -> None:
        publish_plan_version(
            actor=actor, plan_code=plan_code, effective_on=on, terms=terms, setup_fee=Decimal(0), now=now
        )

    with pytest.raises(Forbidden):
        publish(actor=cast.alice.actor)
    with pytest.raises(NotFound):
        publish(plan_code="9")
    with pytest.raises(EffectiveTooSoon):
        publish(on=date(2026, 11, 23))
    with pytest.raises(NegativePrice):
        publish(terms=Terms(monthly_fee=Decimal(-1), included=0, overage_unit_price=Decimal(0)))
    publish()
    with pytest.raises(AlreadyPublished):
        publish()
