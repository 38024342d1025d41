"""The plan's pages, its API and the buttons of staff."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from billing.actions.close_period import close_period
from billing.actions.open_periods import open_periods
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, Detriment, MeterReading, Subscription, SubscriptionChange
from kernel.actor import Actor
from tests.cast import Cast, Customers, Member

NOON = datetime(2026, 11, 23, 10, tzinfo=UTC)
DECEMBER = datetime(2026, 11, 30, 22, tzinfo=UTC)
SYSTEM = Actor.system("tests")


@pytest.fixture(autouse=True)
def at_noon(db: None) -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def start(cast: Cast, now: datetime = NOON, interval: str = "month") -> str:
    return start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval=interval, now=now)


def post(member: Member, path: str, **wish: str) -> Any:
    return member.client().post(member.url(path), wish, follow=True)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_who_has_no_plan_chooses_the_first_one_here_and_sees_the_set_up_fee_before(customers: Customers) -> None:
    erin = customers.customer("Initech", customers.person("Erin"), plan_code=None)
    assert "No plan is chosen" in text(erin.client().get(erin.url("billing/plan/")))
    shown = text(erin.client().get(erin.url("billing/plan/change/?plan=2&interval=year")))
    assert "€300.00 without VAT is charged once" in shown
    assert "€2,400.00 without VAT is invoiced in advance" in shown
    answer = post(erin, "billing/plan/change/", action="confirm", plan="2", interval="year", shown="")
    assert "The running year began on" in text(answer)
    held = Subscription.objects.get()
    assert (held.plan_version.plan_id, held.interval, held.customer) == ("2", "year", erin.customer)


def test_a_plan_chosen_at_sign_up_is_told_while_it_is_being_set_up(cast: Cast) -> None:
    for path in ("", "billing/plan/"):
        assert "being set up" in text(cast.alice.client().get(cast.alice.url(path)))


def test_every_deadline_is_a_sentence_in_vilnius_time(cast: Cast) -> None:
    start(cast)
    page = text(cast.alice.client().get(cast.alice.url("billing/plan/")))
    assert "You can change the plan for December 2026 until" in page
    assert "1 December 2026, 00:00 (Vilnius)" in page.replace("December 1, 2026", "1 December 2026")


def test_a_change_is_shown_confirmed_seen_as_pending_and_withdrawn(cast: Cast) -> None:
    held = start(cast)
    member = cast.carol
    page = member.client().get(member.url("billing/plan/change/?plan=3&interval=month"))
    effective = page.context["preview"].effective_at
    assert effective == DECEMBER
    wish = {"action": "confirm", "plan": "3", "interval": "month"}
    assert "another month has begun" in text(post(member, "billing/plan/change/", **wish, shown=NOON.isoformat()))
    assert "another month has begun" in text(post(member, "billing/plan/change/", **wish, shown="tomorrow"))
    assert not SubscriptionChange.objects.exists()
    answer = post(member, "billing/plan/change/", **wish, shown=effective.isoformat())
    assert "Carol has asked for Plan 3" in text(answer)
    answer = post(member, "billing/plan/", action="withdraw", subscription=held)
    assert "The change is withdrawn" in text(answer)
    assert SubscriptionChange.objects.get().state == "withdrawn"
    answer = post(member, "billing/plan/", action="withdraw", subscription=held)
    assert "There is no change to withdraw" in text(answer)


def test_cancelling_shows_its_consequences_first_and_is_taken_back(cast: Cast) -> None:
    held = start(cast)
    page = text(cast.alice.client().get(cast.alice.url("billing/plan/")))
    assert "each one beyond costs €0.25" in page
    assert "What was paid is not given back" in page
    answer = post(cast.alice, "billing/plan/", action="cancel", subscription=held, shown=DECEMBER.isoformat())
    assert "Alice has cancelled Plan 1" in text(answer)
    assert Subscription.objects.get().ended_at == DECEMBER
    post(cast.alice, "billing/plan/", action="resume", subscription=held)
    assert Subscription.objects.get().ended_at is None


def test_who_may_read_sees_the_plan_without_buttons_and_others_nothing(cast: Cast, customers: Customers) -> None:
    held = start(cast)
    for member, path, status in (
        (cast.bob, "billing/plan/", 403),
        (cast.dave, "billing/plan/change/", 403),
    ):
        assert member.client().get(member.url(path)).status_code == status
    answer = post(cast.mallory, "billing/plan/", action="cancel", subscription=held, shown=DECEMBER.isoformat())
    assert answer.status_code == 404
    assert Subscription.objects.get().ended_at is None


def test_the_simulator_reckons_with_what_was_really_sealed(cast: Cast) -> None:
    start(cast, NOON - timedelta(days=70))
    open_periods(actor=SYSTEM, now=NOON)
    for period in BillingPeriod.objects.filter(ends_at__lte=NOON).order_by("starts_at"):
        close_period(actor=SYSTEM, period_id=period.pk, now=NOON)
    # Readings never change; these are as they would be with 1 100 and 1 300 seals.
    simulated = cast.alice.client().get(cast.alice.url("billing/plan/change/")).context["simulation"]
    assert [month.quantity for month in simulated.months] == [0, 0]
    assert [str(plan.total) for plan in simulated.plans[:4]] == ["250.00", "400.00", "1560.00", "3000.00"]
    assert [plan.is_current for plan in simulated.plans] == [True, False, False, False, False]
    assert simulated.cheapest is None
    assert MeterReading.objects.count() == 2


def test_the_api_tells_plan_term_and_what_is_pending(cast: Cast) -> None:
    def ask(scopes: frozenset[str]) -> Any:
        token = cast.alice.token(scopes=scopes)
        return Client(HTTP_HOST="localhost").get("/api/v1/subscription", headers={"Authorization": f"Bearer {token}"})

    reading = frozenset({"billing.read"})
    assert ask(reading).status_code == 404
    held = start(cast, interval="year")
    assert ask(frozenset({"usage.read"})).status_code == 403
    post(
        cast.alice,
        "billing/plan/change/",
        action="confirm",
        plan="2",
        interval="month",
        shown="2027-10-31T22:00:00+00:00",
    )
    told = ask(reading).json()
    assert (told["id"], told["plan"], told["interval"]) == (held, {"code": "1", "name": "Plan 1"}, "year")
    assert told["terms"]["monthly_fee"] == "125.00"
    assert told["term"] == {
        "starts_at": "2026-10-31T22:00:00Z",
        "ends_at": "2027-10-31T22:00:00Z",
        "cancel_until": "2027-10-29T21:00:00Z",
        "prepaid": True,
    }
    assert told["pending"]["effective_at"] == "2027-10-31T22:00:00Z"
    assert (told["ends_at"], told["special_terms"], told["vat"]) == (None, False, "excluded")


def test_staff_end_with_notice_withdraw_a_change_and_record_a_disadvantage(cast: Cast, customers: Customers) -> None:
    person = customers.person("Sam")
    person.is_staff = person.is_superuser = True
    person.save()
    staff = Client(HTTP_HOST="localhost")
    staff.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    held = start(cast)
    post(cast.alice, "billing/plan/change/", action="confirm", plan="2", interval="month", shown=DECEMBER.isoformat())
    page = f"/staff/billing/subscription/{held}"
    assert "2026" in staff.get(f"{page}/change/").content.decode()
    for name in ("withdraw", "end"):
        assert staff.get(f"{page}/{name}/").status_code == 200
        assert staff.post(f"{page}/{name}/", {"reason": ""}).status_code == 422
        assert staff.post(f"{page}/{name}/", {"reason": "Asked by telephone"}).status_code == 302
    assert SubscriptionChange.objects.get().state == "withdrawn"
    assert Subscription.objects.get().operator_ends_at == datetime(2027, 5, 31, 21, tzinfo=UTC)
    wish = {"announced_on": "2026-11-20", "plan": "", "description": "Fewer authorities", "reason": "As announced"}
    assert staff.post("/staff/billing/detriment/record/", wish).status_code == 302
    assert Detriment.objects.get().recorded_by == "Sam"
    for table in ("detriment", "storageexcess"):
        assert staff.get(f"/staff/billing/{table}/").status_code == 200
    assert "We have given notice" in text(cast.alice.client().get(cast.alice.url("billing/plan/")))
