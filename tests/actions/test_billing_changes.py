"""Changing, cancelling and ending a subscription, and the terms that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from accounts.models import Notice
from billing import queries
from billing.actions._subscriptions import DatesMoved, SubscriptionEnds, SubscriptionOver
from billing.actions.align_subscription import align_subscription
from billing.actions.cancel_subscription import AlreadyEnding, NoEarlyEnd, cancel_subscription
from billing.actions.change_plan import NothingToChange, change_plan
from billing.actions.end_subscription_by_operator import end_subscription_by_operator
from billing.actions.finish_subscriptions import finish_subscriptions
from billing.actions.give_price_notices import give_price_notices
from billing.actions.open_period import open_period
from billing.actions.open_periods import open_periods
from billing.actions.publish_plan_version import publish_plan_version
from billing.actions.record_detriment import record_detriment
from billing.actions.record_usage import record_usage
from billing.actions.remind_of_excess import remind_of_excess
from billing.actions.resume_subscription import NotCancelled, resume_subscription
from billing.actions.start_subscription import (
    IndividualAgreementNeeded,
    PlanNotOffered,
    start_subscription,
)
from billing.actions.withdraw_change import NothingPending, withdraw_change
from billing.models import (
    BillingPeriod,
    Charge,
    PlanVersion,
    SpecialTerms,
    StorageExcess,
    Subscription,
    SubscriptionChange,
    SubscriptionTerm,
)
from billing.queries.simulation import preview
from billing.queries.subscription import subscription_seen_by
from billing.queries.terms import contract_terms
from billing.rules.periods import day_starts_at
from billing.rules.rating import Terms
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import Forbidden, NotFound
from kernel.models import Event
from tests.cast import Cast, Customers

SYSTEM = Actor.system("tests")
STAFF = Actor.staff(person_id="1", name="Sam", reason="We stop offering it")
TICK = timedelta(microseconds=1)
DEARER = Terms(monthly_fee=Decimal("150.00"), included=600, overage_unit_price=Decimal("0.215"))


def at(text: str) -> datetime:
    """Midnight in Vilnius."""
    return day_starts_at(date.fromisoformat(text), legal_zone())


def start(cast: Cast, now: datetime, *, plan_code: str = "1", interval: str = "month") -> str:
    return start_subscription(
        actor=cast.alice.actor, customer_id=cast.acme.id, plan_code=plan_code, interval=interval, now=now
    )


def change(cast: Cast, subscription_id: str, now: datetime, plan_code: str, interval: str = "month") -> str:
    return change_plan(
        actor=cast.alice.actor, subscription_id=subscription_id, plan_code=plan_code, interval=interval, now=now
    )


def months(subscription_id: str) -> list[tuple[str, str]]:
    """Each month's first day and plan."""
    rows = BillingPeriod.objects.filter(subscription=subscription_id).order_by("starts_at")
    return [
        (row.starts_at.astimezone(legal_zone()).date().isoformat(), row.plan_version.plan_id)
        for row in rows.select_related("plan_version")
    ]


def terms(subscription_id: str) -> list[tuple[str, str, bool]]:
    rows = SubscriptionTerm.objects.filter(subscription=subscription_id).order_by("starts_at")
    days = [(row.starts_at.astimezone(legal_zone()), row.ends_at.astimezone(legal_zone()), row.prepaid) for row in rows]
    return [(first.date().isoformat(), last.date().isoformat(), prepaid) for first, last, prepaid in days]


def events(name: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(name=name).order_by("pk").values_list("payload", flat=True))


@pytest.mark.parametrize("boundary", ["2026-04-01", "2026-11-01", "2026-12-01"])
def test_a_plan_asked_for_before_midnight_of_the_first_holds_for_that_month(cast: Cast, boundary: str) -> None:
    first = at(boundary)
    held = start(cast, first - timedelta(days=10))
    change(cast, held, first - TICK, "2")
    change(cast, held, first, "3")
    open_periods(actor=SYSTEM, now=first + timedelta(days=40))

    assert [plan for _month, plan in months(held)] == ["1", "2", "3"]
    assert [term[2] for term in terms(held)] == [False, False, False]
    assert [told["plan"] for told in events("subscription.changed")] == ["2", "3"]
    assert SubscriptionChange.objects.filter(state="applied").count() == 2


def test_of_several_wishes_the_last_one_holds_and_it_can_be_withdrawn(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    change(cast, held, now, "2")
    change(cast, held, now + TICK, "3", "year")
    assert [row.state for row in SubscriptionChange.objects.order_by("requested_at")] == ["superseded", "pending"]

    withdraw_change(actor=cast.carol.actor, subscription_id=held, now=now + timedelta(days=1))
    with pytest.raises(NothingPending):
        withdraw_change(actor=cast.carol.actor, subscription_id=held, now=now + timedelta(days=1))
    open_periods(actor=SYSTEM, now=at("2026-12-02"))
    assert months(held) == [("2026-11-01", "1"), ("2026-12-01", "1")]


def test_a_job_that_is_months_late_or_runs_twice_gives_the_same_months(cast: Cast, now: datetime) -> None:
    late, punctual = start(cast, now), None
    punctual = start_subscription(actor=SYSTEM, customer_id=cast.globex.id, plan_code="1", interval="month", now=now)
    for held in (late, punctual):
        change_plan(actor=SYSTEM, subscription_id=held, plan_code="2", interval="month", now=now)
    for month in range(12, 20):
        moment = at(f"{2026 + (month - 1) // 12}-{(month - 1) % 12 + 1:02}-01")
        open_period(actor=SYSTEM, subscription_id=punctual, now=moment)
        open_period(actor=SYSTEM, subscription_id=punctual, now=moment)
    open_period(actor=SYSTEM, subscription_id=late, now=at("2027-07-20"))
    assert open_period(actor=SYSTEM, subscription_id=late, now=at("2027-07-20")) == 0
    assert months(late) == months(punctual)
    assert terms(late) == terms(punctual)
    assert len(terms(late)) == 9


def test_from_annual_to_monthly_waits_for_the_end_of_the_year(cast: Cast) -> None:
    held = start(cast, at("2026-06-10"), plan_code="4", interval="year")
    change(cast, held, at("2026-07-01"), "1", "month")
    open_periods(actor=SYSTEM, now=at("2027-07-15"))

    assert terms(held) == [
        ("2026-06-01", "2027-06-01", True),
        ("2027-06-01", "2027-07-01", False),
        ("2027-07-01", "2027-08-01", False),
    ]
    assert [plan for _month, plan in months(held)] == ["4"] * 12 + ["1", "1"]
    assert events("term.cut_short") == []


def test_from_annual_to_annual_is_agreed_at_once_and_credits_the_unused_months(cast: Cast) -> None:
    held = start(cast, at("2026-06-10"), plan_code="4", interval="year")
    before = preview(cast.alice.actor, plan_code="3", interval="year", now=at("2026-08-20"))
    change(cast, held, at("2026-08-20"), "3", "year")

    assert (before.binding, before.credited_months, before.credit) == (True, 9, Decimal("13500.00"))
    assert before.first_fee == Decimal("9360.00")
    (cut,) = events("term.cut_short")
    assert (cut["months"], cut["of_months"], cut["net"]) == (9, 12, "13500.00")
    assert cut["term"] == SubscriptionTerm.objects.get(subscription=held).pk
    with pytest.raises(NothingPending):
        withdraw_change(actor=cast.alice.actor, subscription_id=held, now=at("2026-08-21"))
    # Another annual plan before the month ends takes its place; nothing is credited twice.
    change(cast, held, at("2026-08-25"), "2", "year")
    open_periods(actor=SYSTEM, now=at("2026-09-02"))
    assert terms(held) == [("2026-06-01", "2026-09-01", True), ("2026-09-01", "2027-09-01", True)]
    assert months(held)[-1] == ("2026-09-01", "2")
    assert len(events("term.cut_short")) == 1
    assert events("term.started")[-1]["months"] == 12


def test_a_year_that_is_agreed_is_what_later_wishes_and_a_cancellation_wait_for(cast: Cast) -> None:
    held = start(cast, at("2026-06-10"), plan_code="4", interval="year")
    change(cast, held, at("2026-08-20"), "3", "year")
    change(cast, held, at("2026-08-21"), "1", "month")
    assert SubscriptionChange.objects.get(state="pending").effective_at == at("2027-09-01")
    ends_at = cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=at("2026-08-22"))
    assert ends_at == at("2027-09-01")
    open_periods(actor=SYSTEM, now=at("2027-10-01"))
    assert terms(held) == [("2026-06-01", "2026-09-01", True), ("2026-09-01", "2027-09-01", True)]


def test_a_year_agreed_before_the_first_one_has_begun_cuts_that_to_a_month(cast: Cast) -> None:
    first = start(cast, at("2026-06-10"))
    cancel_subscription(actor=cast.alice.actor, subscription_id=first, now=at("2026-06-11"))
    held = start(cast, at("2026-06-12"), plan_code="4", interval="year")
    change(cast, held, at("2026-06-20"), "3", "year")
    open_periods(actor=SYSTEM, now=at("2026-08-02"))
    assert months(held) == [("2026-07-01", "4"), ("2026-08-01", "3")]
    assert terms(held) == [("2026-07-01", "2026-08-01", True), ("2026-08-01", "2027-08-01", True)]
    assert [event["months"] for event in events("term.started")] == [1, 1, 12]


def test_a_contract_ends_no_earlier_than_what_was_paid_for_in_advance(cast: Cast) -> None:
    def paid_until(now: datetime) -> datetime | None:
        found = contract_terms(customer_id=cast.acme.id, now=now)
        return found.paid_until if found else None

    held = start(cast, at("2026-06-10"))
    change(cast, held, at("2026-08-20"), "4", "year")
    assert paid_until(at("2026-08-21")) == at("2026-09-01")
    open_periods(actor=SYSTEM, now=at("2026-09-02"))  # the year is counted from September, the anchor is of June
    assert paid_until(at("2027-05-02")) == at("2027-09-01")
    assert paid_until(at("2027-08-31")) == at("2027-09-01")
    change(cast, held, at("2026-10-02"), "3", "year")  # binding at once, for the year from November
    assert paid_until(at("2026-10-03")) == at("2027-11-01")


@pytest.mark.parametrize(
    ("interval", "asked_at", "ends_on"),
    [
        ("month", "2026-11-30", "2026-12-01"),
        ("month", "2026-12-01", "2027-01-01"),
        ("year", "2026-11-30", "2027-11-01"),
        ("year", "2027-10-29", "2027-11-01"),  # a Friday; 1 November is a Monday
        ("year", "2027-10-30", "2028-11-01"),  # too late
    ],
)
def test_cancelling_ends_the_paid_term_or_too_late_the_next(
    cast: Cast, now: datetime, interval: str, asked_at: str, ends_on: str
) -> None:
    held = start(cast, now, interval=interval)
    open_periods(actor=SYSTEM, now=at(asked_at))
    assert cancel_subscription(actor=cast.carol.actor, subscription_id=held, now=at(asked_at)) == at(ends_on)
    open_periods(actor=SYSTEM, now=at("2029-01-01"))
    assert BillingPeriod.objects.order_by("-ends_at")[0].ends_at == at(ends_on)
    assert finish_subscriptions(actor=SYSTEM, now=at(ends_on) - TICK) == 0
    assert [finish_subscriptions(actor=SYSTEM, now=at(ends_on)) for _ in range(2)] == [1, 0]
    assert SubscriptionChange.objects.get().state == "applied"
    assert Notice.objects.filter(kind="subscription.cancelled").count() == 1
    assert events("term.cut_short") == []  # nothing is given back


def test_after_cancelling_the_quota_stays_and_what_exceeds_it_counts_to_the_end(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=now)
    with transaction.atomic():
        record_usage(
            customer_id=cast.acme.id,
            source_id="s",
            source_type="test",
            quantity=501,
            occurred_at=at("2026-12-01") - TICK,
            now=at("2026-12-01") - TICK,
        )
    figures = queries.usage(customer_id=cast.acme.id, now=at("2026-12-01") - TICK)
    assert (figures.included, figures.overage, figures.overage_cost) == (500, 1, Decimal("0.25"))
    assert queries.plan_in_force(customer_id=cast.acme.id, now=at("2026-12-01") - TICK)
    assert not queries.plan_in_force(customer_id=cast.acme.id, now=at("2026-12-01"))
    with pytest.raises(SubscriptionOver):
        resume_subscription(actor=cast.alice.actor, subscription_id=held, now=at("2026-12-01"))


def test_a_cancellation_is_taken_back_until_the_end_unless_another_plan_follows(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    with pytest.raises(NotCancelled):
        resume_subscription(actor=cast.alice.actor, subscription_id=held, now=now)
    cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=now)
    with pytest.raises(AlreadyEnding):
        cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=now)
    resume_subscription(actor=cast.alice.actor, subscription_id=held, now=at("2026-12-01") - TICK)
    assert Subscription.objects.get().ended_at is None

    cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=at("2026-12-05"))
    change(cast, held, at("2026-12-06"), "2")  # the last wish counts
    assert Subscription.objects.get().ended_at is None
    cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=at("2026-12-07"))
    follower = start(cast, at("2026-12-08"), plan_code="3")
    for refused in (resume_subscription, lambda **given: change_plan(plan_code="2", interval="month", **given)):
        with pytest.raises(SubscriptionEnds):
            refused(actor=cast.alice.actor, subscription_id=held, now=at("2026-12-09"))
    open_periods(actor=SYSTEM, now=at("2027-01-02"))
    assert (months(held)[-1], months(follower)) == (("2026-12-01", "1"), [("2027-01-01", "3")])


def test_a_year_ends_early_only_for_what_was_announced_to_the_customers_disadvantage(cast: Cast) -> None:
    held = start(cast, at("2026-06-10"), interval="year")

    def early(now: datetime) -> datetime:
        return cancel_subscription(actor=cast.alice.actor, subscription_id=held, early=True, now=now)

    for plan_code, announced_on in (("2", "2026-07-05"), ("", "2026-06-09"), ("", "2026-07-21")):
        record_detriment(
            actor=STAFF,
            plan_code=plan_code,
            announced_on=date.fromisoformat(announced_on),
            description="Fewer timestamp authorities",
            now=at("2026-07-01"),
        )
    with pytest.raises(NoEarlyEnd):
        early(at("2026-07-20"))
    with pytest.raises(Forbidden):
        record_detriment(actor=cast.alice.actor, announced_on=date(2026, 7, 1), description="", now=at("2026-07-01"))
    with pytest.raises(NotFound):
        record_detriment(
            actor=STAFF, plan_code="9", announced_on=date(2026, 7, 1), description="", now=at("2026-07-01")
        )
    assert early(at("2026-07-21")) == at("2026-08-01")
    open_periods(actor=SYSTEM, now=at("2026-09-01"))
    finish_subscriptions(actor=SYSTEM, now=at("2026-09-01"))
    assert months(held)[-1][0] == "2026-07-01"
    assert events("term.cut_short") == []


def test_dearer_prices_open_the_same_way_out_and_cheaper_ones_do_not(cast: Cast) -> None:
    held = start(cast, at("2026-06-10"), interval="year")
    cheaper = Terms(monthly_fee=Decimal("100.00"), included=500, overage_unit_price=Decimal("0.25"))
    for prices, on in ((cheaper, "2026-07-01"), (DEARER, "2026-07-02")):
        with pytest.raises(NoEarlyEnd):
            cancel_subscription(actor=cast.alice.actor, subscription_id=held, early=True, now=at(on))
        publish_plan_version(
            actor=STAFF,
            plan_code="1",
            effective_on=date.fromisoformat(on) + timedelta(days=30),
            terms=prices,
            setup_fee=Decimal(0),
            now=at(on),
        )
    assert cancel_subscription(actor=cast.alice.actor, subscription_id=held, early=True, now=at("2026-07-03")) == at(
        "2026-08-01"
    )


def test_the_operator_ends_after_six_months_and_gives_prepaid_months_back_when_it_has_come(cast: Cast) -> None:
    held = start(cast, at("2026-06-10"), plan_code="4", interval="year")
    with pytest.raises(Forbidden):
        end_subscription_by_operator(actor=cast.alice.actor, subscription_id=held, now=at("2026-08-10"))
    ends_at = end_subscription_by_operator(actor=STAFF, subscription_id=held, now=at("2026-08-10"))
    assert ends_at == at("2027-03-01")  # six whole months end with 10 February, and that month is begun
    with pytest.raises(AlreadyEnding):
        end_subscription_by_operator(actor=STAFF, subscription_id=held, now=at("2026-08-11"))
    with pytest.raises(SubscriptionEnds):
        change(cast, held, at("2026-08-11"), "3", "year")

    assert finish_subscriptions(actor=SYSTEM, now=ends_at - TICK) == 0
    assert [finish_subscriptions(actor=SYSTEM, now=ends_at) for _ in range(2)] == [1, 0]
    (cut,) = events("term.cut_short")
    assert (cut["months"], cut["net"]) == (3, "4500.00")
    assert months(held)[-1][0] == "2027-02-01"
    assert Notice.objects.filter(kind="subscription.end_announced").count() == 1


def test_a_year_that_begins_under_the_operators_notice_is_paid_for_its_months_only(cast: Cast) -> None:
    held = start(cast, at("2026-06-10"), plan_code="4", interval="year")
    assert end_subscription_by_operator(actor=STAFF, subscription_id=held, now=at("2027-04-10")) == at("2027-11-01")
    open_periods(actor=SYSTEM, now=at("2028-01-01"))
    assert terms(held) == [("2026-06-01", "2027-06-01", True), ("2027-06-01", "2027-11-01", True)]
    assert events("term.started")[-1]["months"] == 5
    finish_subscriptions(actor=SYSTEM, now=at("2028-01-01"))
    assert events("term.cut_short") == []


def test_a_customer_may_leave_before_the_operators_end(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    operator = end_subscription_by_operator(actor=STAFF, subscription_id=held, now=now)
    assert cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=now) == at("2026-12-01")
    with pytest.raises(SubscriptionEnds):
        resume_subscription(actor=cast.alice.actor, subscription_id=held, now=now)
    assert operator == at("2027-06-01")


def test_a_contract_that_goes_on_leaves_the_customers_own_cancellation(cast: Cast, now: datetime) -> None:
    held = start(cast, now, interval="year")
    own = cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=now)
    told = at("2027-01-15")
    Subscription.objects.filter(pk=held).update(ended_at=told)  # as the contract's end had made it
    assert align_subscription(actor=SYSTEM, customer_id=cast.acme.id, told_end=told, now=now)
    assert Subscription.objects.get().ended_at == own == at("2027-11-01")


def test_prices_move_existing_customers_at_a_renewal_three_months_after_the_notice(cast: Cast) -> None:
    monthly = start(cast, at("2026-06-10"))
    annual = start_subscription(
        actor=SYSTEM, customer_id=cast.globex.id, plan_code="1", interval="year", now=at("2026-06-10")
    )
    publish_plan_version(
        actor=STAFF,
        plan_code="1",
        effective_on=date(2026, 9, 1),
        terms=DEARER,
        setup_fee=Decimal(0),
        now=at("2026-08-31"),
    )
    give_price_notices(actor=SYSTEM, now=at("2026-08-31"))
    open_periods(actor=SYSTEM, now=at("2027-06-02"))

    def fees(held: str) -> list[Decimal | None]:
        rows = BillingPeriod.objects.filter(subscription=held).order_by("starts_at").select_related("plan_version")
        return [row.plan_version.monthly_fee for row in rows]

    assert fees(monthly) == [Decimal(125)] * 6 + [Decimal(150)] * 7  # December is the first
    assert fees(annual) == [Decimal(125)] * 12 + [Decimal(150)]


def signed(customer_id: str, starts_on: str, now: datetime, **agreed: Any) -> SpecialTerms:
    row: SpecialTerms = SpecialTerms.objects.create(
        customer_id=customer_id,
        starts_on=date.fromisoformat(starts_on),
        document=b"%PDF",
        document_name="agreement.pdf",
        document_sha256=sha256(b"%PDF").hexdigest(),
        signed_on=date.fromisoformat(starts_on),
        recorded_at=now,
        recorded_by="Sam",
        **agreed,
    )
    return row


def test_special_terms_hold_for_months_and_terms_that_begin_under_them(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    agreed = signed(cast.acme.id, "2026-12-01", now, included=700, monthly_fee=Decimal("99.00"))
    assert queries.usage(customer_id=cast.acme.id, now=now).included == 500
    december = at("2026-12-03")
    for _opened in range(2):  # first a month that nobody has opened yet
        figures, quota = (
            queries.usage(customer_id=cast.acme.id, now=december),
            queries.quota(customer_id=cast.acme.id, now=december),
        )
        assert quota is not None
        assert (figures.included, figures.fee, quota.included) == (700, Decimal("99.00"), 700)
        assert figures.overage_unit_price == Decimal("0.25")
        open_periods(actor=SYSTEM, now=december)
    assert BillingPeriod.objects.get(starts_at=at("2026-12-01")).special_terms == agreed
    assert SubscriptionTerm.objects.order_by("-starts_at")[0].special_terms == agreed
    in_force = queries.plan_in_force(customer_id=cast.acme.id, now=december)
    assert in_force is not None
    assert in_force.terms.included == 700
    assert held == in_force.subscription_id


def test_plan_5_begins_with_signed_terms_and_keeps_the_last_ones(cast: Cast, now: datetime) -> None:
    with pytest.raises(IndividualAgreementNeeded):
        start(cast, now, plan_code="5")
    agreed: dict[str, Any] = {
        "included": 50_000,
        "monthly_fee": Decimal("4000.00"),
        "overage_unit_price": Decimal("0.09"),
    }
    terms_signed = signed(cast.acme.id, "2026-11-01", now, setup_fee=Decimal("50.00"), **agreed)
    start(cast, now, plan_code="5")
    terms_signed.ends_on = date(2026, 12, 1)
    terms_signed.save()
    open_periods(actor=SYSTEM, now=at("2026-12-02"))
    assert queries.usage(customer_id=cast.acme.id, now=at("2026-12-02")).fee == Decimal("4000.00")
    assert Charge.objects.get(item="setup").amount == Decimal("50.00")


def test_the_set_up_fee_is_charged_once_in_a_customers_life(cast: Cast, now: datetime) -> None:
    start(cast, now, interval="once")
    charge = Charge.objects.get(item="setup")
    assert (charge.amount, charge.source_type, charge.source_id) == (Decimal("300.00"), "setup", cast.acme.id)
    start(cast, now, plan_code="2")
    assert Charge.objects.filter(item="setup").count() == 1


def test_a_first_plan_without_a_fee_leaves_setting_up_for_the_first_paid_one(cast: Cast, now: datetime) -> None:
    free = Terms(monthly_fee=Decimal(0), included=20, overage_unit_price=Decimal("0.25"))
    publish_plan_version(
        actor=STAFF, plan_code="1", effective_on=date(2026, 11, 24), terms=free, setup_fee=Decimal(0), now=now
    )
    held = start(cast, now + timedelta(days=1))
    assert not Charge.objects.exists()
    change(cast, held, now + timedelta(days=2), "2")
    open_periods(actor=SYSTEM, now=at("2026-12-01"))
    assert Charge.objects.get().amount == Decimal("300.00")


def with_storage(plan_code: str, gigabytes: int) -> None:
    PlanVersion.objects.create(
        plan_id=plan_code,
        effective_on=date(2026, 6, 2),
        published_at=at("2026-06-01"),
        monthly_fee=Decimal("200.00"),
        included=1000,
        overage_unit_price=Decimal("0.20"),
        setup_fee=Decimal(0),
        included_storage_gb=gigabytes,
        storage_gb_price=Decimal("0.10"),
    )


def test_what_a_smaller_plan_has_no_room_for_is_kept_six_months_with_two_notices(cast: Cast) -> None:
    with_storage("2", 100)
    with_storage("3", 500)
    held = start(cast, at("2026-06-10"), plan_code="3")
    change(cast, held, at("2026-06-11"), "2")
    open_periods(actor=SYSTEM, now=at("2026-07-02"))
    excess = StorageExcess.objects.get()
    assert (excess.former_quota_gb, excess.quota_gb, excess.reduced_on, excess.erase_on) == (
        500,
        100,
        date(2026, 7, 1),
        date(2027, 1, 2),
    )
    told = [
        remind_of_excess(actor=SYSTEM, now=at(day) + offset)
        for day, offset in (
            ("2026-12-03", -TICK),
            ("2026-12-03", timedelta(0)),
            ("2026-12-03", timedelta(0)),
            ("2026-12-23", -TICK),
            ("2026-12-23", timedelta(0)),
            ("2026-12-24", timedelta(0)),
        )
    ]
    assert told == [0, 1, 0, 0, 1, 0]
    assert Notice.objects.filter(kind="storage.excess", customer=cast.acme).count() == 2
    view = subscription_seen_by(cast.alice.actor, now=at("2026-12-24"))
    assert view is not None
    assert view.excess == excess

    change(cast, held, at("2026-12-28"), "3")
    open_periods(actor=SYSTEM, now=at("2027-01-01"))
    excess.refresh_from_db()
    assert excess.ended_at == at("2027-01-01")


def test_a_late_reminder_is_given_once_and_not_twice(cast: Cast) -> None:
    with_storage("2", 100)
    held = start(cast, at("2026-06-10"), plan_code="3")  # without a limit
    change(cast, held, at("2026-06-11"), "2")
    open_periods(actor=SYSTEM, now=at("2026-07-02"))
    assert [remind_of_excess(actor=SYSTEM, now=at("2026-12-30")) for _ in range(2)] == [1, 0]


def test_a_one_off_month_can_be_followed_by_a_plan_and_the_wish_withdrawn(cast: Cast, now: datetime) -> None:
    held = start(cast, now, interval="once")
    change(cast, held, now, "2", "year")
    assert Subscription.objects.get().ended_at is None
    withdraw_change(actor=cast.alice.actor, subscription_id=held, now=now)
    assert Subscription.objects.get().ended_at == at("2026-12-01")
    change(cast, held, now, "1", "month")
    assert cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=now) == at("2026-12-01")
    with pytest.raises(AlreadyEnding):
        cancel_subscription(actor=cast.alice.actor, subscription_id=held, now=now)


def test_a_plan_can_be_changed_to_one_month_only(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    change(cast, held, now, "2", "once")
    open_periods(actor=SYSTEM, now=at("2027-03-01"))
    assert terms(held) == [("2026-11-01", "2026-12-01", False), ("2026-12-01", "2027-01-01", True)]
    assert Subscription.objects.get().ended_at == at("2027-01-01")


def test_what_was_shown_is_what_is_agreed(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    midnight = at("2026-12-01")
    wish: dict[str, Any] = {"actor": cast.alice.actor, "subscription_id": held}
    with pytest.raises(DatesMoved):
        change_plan(**wish, plan_code="2", interval="month", shown_effective_at=midnight, now=midnight)
    with pytest.raises(DatesMoved):
        cancel_subscription(**wish, shown_ends_at=midnight, now=midnight)
    open_periods(actor=SYSTEM, now=midnight)
    with pytest.raises(DatesMoved):  # asked in time, but another has opened the month meanwhile
        change_plan(**wish, plan_code="2", interval="month", now=midnight - TICK)


def test_strangers_others_without_the_role_and_what_is_not_sold(cast: Cast, now: datetime) -> None:
    held = start(cast, now)
    deeds: list[Callable[..., object]] = [
        lambda **given: change_plan(plan_code="2", interval="month", **given),
        withdraw_change,
        cancel_subscription,
        resume_subscription,
    ]
    for deed in deeds:
        with pytest.raises(NotFound):
            deed(actor=cast.mallory.actor, subscription_id=held, now=now)
        with pytest.raises(Forbidden):
            deed(actor=cast.bob.actor, subscription_id=held, now=now)
    for plan_code, interval, refusal in (
        ("1", "month", NothingToChange),
        ("9", "month", PlanNotOffered),
        ("5", "month", IndividualAgreementNeeded),
    ):
        with pytest.raises(refusal):
            change(cast, held, now, plan_code, interval)
    assert not SubscriptionChange.objects.exists()


def test_terms_are_only_cut_and_what_was_asked_stays(cast: Cast, now: datetime) -> None:
    held = start(cast, now, interval="year")
    change(cast, held, now, "2")
    term = SubscriptionTerm.objects.get()
    for deed in (
        lambda: SubscriptionTerm.objects.update(ends_at=term.ends_at + timedelta(days=1)),
        lambda: SubscriptionTerm.objects.update(cancel_until=term.cancel_until + TICK),
        lambda: SubscriptionTerm.objects.update(prepaid=False),
        term.delete,
        lambda: SubscriptionChange.objects.update(effective_at=now),
        lambda: SubscriptionChange.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match=r"cut short|never change|is settled"), transaction.atomic():
            deed()


def test_subscriptions_of_yesterday_get_the_terms_that_they_are_in(cast: Cast, now: datetime) -> None:
    migration = import_module("billing.migrations.0010_subscriptions")
    expected = {}
    for customer, interval in ((cast.acme, "year"), (cast.globex, "month")):
        held = start_subscription(
            actor=SYSTEM, customer_id=customer.id, plan_code="1", interval=interval, now=at("2026-06-10")
        )
        open_period(actor=SYSTEM, subscription_id=held, now=now)
        expected[held] = SubscriptionTerm.objects.filter(subscription=held).count()
    columns = ("subscription_id", "plan_version_id", "starts_at", "ends_at", "cancel_until", "prepaid")
    before = set(SubscriptionTerm.objects.values_list(*columns))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM billing_subscriptionterm")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    migration.begin_terms(apps, None)
    migration.begin_terms(apps, None)
    assert set(SubscriptionTerm.objects.values_list(*columns)) == before
    assert sorted(expected.values()) == [1, 6]


@pytest.mark.usefixtures("transactional_db")
def test_wishes_at_one_moment_and_the_opening_of_the_month_take_turns() -> None:
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"))
    held = start_subscription(
        actor=SYSTEM, customer_id=alice.customer.id, plan_code="1", interval="month", now=at("2026-11-20")
    )
    midnight = at("2026-12-01")

    def ask(plan_code: str) -> str:
        try:
            if not plan_code:
                return str(open_period(actor=SYSTEM, subscription_id=held, now=midnight))
            change_plan(actor=SYSTEM, subscription_id=held, plan_code=plan_code, interval="month", now=midnight - TICK)
        except DatesMoved:
            return "moved"
        finally:
            connection.close()
        return plan_code

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, ["2", "3", "", "4"]))

    granted = [answer for answer in answers if answer in {"2", "3", "4"}]
    pending = SubscriptionChange.objects.filter(state="pending").count()
    applied = SubscriptionChange.objects.filter(state="applied")
    assert answers.count("1") + answers.count("0") >= 1
    assert SubscriptionChange.objects.count() == len(granted)
    assert pending == 0
    # Who was granted a change before the month was opened has it; who came after was refused, and nobody is forgotten.
    december = BillingPeriod.objects.get(starts_at=midnight).plan_version.plan_id
    assert december == (applied.get().plan_id if granted else "1")
    assert BillingPeriod.objects.count() == SubscriptionTerm.objects.count() == 2


def test_the_page_tells_each_date_as_it_is_stored(cast: Cast, now: datetime) -> None:
    start(cast, now, interval="year")
    view = subscription_seen_by(cast.alice.actor, now=now)
    assert view is not None
    stored = SubscriptionTerm.objects.get()
    assert (view.cancel_until, view.term.ends_at) == (stored.cancel_until, stored.ends_at)
    assert stored.cancel_until == datetime(2027, 10, 29, 21, tzinfo=UTC)
    assert (view.plan_change_until, view.prepaid_amount) == (at("2026-12-01"), Decimal("1500.00"))
    assert (view.cancelled_now_ends_at, view.cancelled_later_ends_at) == (at("2027-11-01"), at("2028-11-01"))
    with pytest.raises(Forbidden):
        subscription_seen_by(cast.bob.actor, now=now)
