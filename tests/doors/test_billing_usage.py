"""Usage is the same number on the page, in the API, in the file and in the headers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from accounts.actions.create_api_token import create_api_token
from accounts.actions.end_membership import end_membership
from accounts.actions.revoke_api_token import revoke_api_token
from accounts.models import ApiToken
from billing import queries
from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import start_subscription
from billing.api.headers import quota_headers
from kernel.actor import Actor
from tests.cast import Cast, Customers, Member

NOON = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon(db: None) -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def acme(at_noon: None, cast: Cast) -> Cast:
    """Acme on plan 1 with 652 deliveries: 650 by Alice, one by Bob and one by a token, over two days."""
    start_subscription(actor=Actor.system("tests"), customer_id=cast.acme.id, plan_code="1", interval="month", now=NOON)
    with transaction.atomic():
        for n in range(650):
            deliver(cast, f"alice_{n}", member_id=cast.alice.membership.id)
        deliver(cast, "bob", member_id=cast.bob.membership.id)
        deliver(cast, "robot", token_id=robot(cast).id, occurred_at=NOON - timedelta(days=1))
    return cast


def robot(cast: Cast) -> ApiToken:
    """Acme's token of that name."""
    scopes = frozenset({"seal.create"})
    found = ApiToken.objects.filter(customer=cast.acme, name="accounting").first()
    return found or create_api_token(actor=cast.alice.actor, name="accounting", live=True, scopes=scopes, now=NOON)[0]


def deliver(cast: Cast, source_id: str, occurred_at: datetime = NOON, **names: str) -> None:
    record_usage(
        customer_id=cast.acme.id,
        source_type="delivery",
        source_id=source_id,
        occurred_at=occurred_at,
        now=NOON,
        **names,  # type: ignore[arg-type]  # texts only
    )


def ask(member: Member, query: str = "") -> Any:
    return Client(HTTP_HOST="localhost").get(
        f"/api/v1/usage{query}", headers={"Authorization": f"Bearer {member.token()}"}
    )


def test_page_api_file_and_headers_tell_the_same_figures(acme: Cast) -> None:
    figures = queries.usage(customer_id=acme.acme.id, now=NOON)
    answer = ask(acme.alice).json()
    client = acme.alice.client()
    page = client.get(acme.alice.url("usage/"))
    file = client.get(acme.alice.url("usage.csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode())))

    assert figures.used == answer["used"] == page.context["usage"].used == len(rows) == 652
    assert figures == page.context["usage"]
    assert sum(int(row["quantity"]) for row in rows) == sum(day["count"] for day in answer["days"]) == 652
    assert quota_headers(queries.quota(customer_id=acme.acme.id, now=NOON)) == quota_headers(figures)
    assert quota_headers(figures) == {
        "X-Seal-Quota-Included": "500",
        "X-Seal-Quota-Used": "652",
        "X-Seal-Overage": "152",
    }
    assert "652" in page.content.decode()


def test_the_api_tells_usage_cost_forecast_and_a_cheaper_plan(acme: Cast) -> None:
    answer = ask(acme.alice, "?period=2026-11")
    document = answer.json()
    days = {day["date"]: day["count"] for day in document.pop("days")}

    assert answer.status_code == 200
    assert (len(days), days["2026-11-22"], days["2026-11-23"], days["2026-11-24"]) == (30, 1, 651, 0)
    assert document == {
        "period": "2026-11",
        "starts_at": "2026-10-31T22:00:00Z",
        "ends_at": "2026-11-30T22:00:00Z",
        "closed": False,
        "plan": {"code": "1", "name": "Plan 1"},
        "currency": "EUR",
        "vat": "excluded",
        "included": 500,
        "used": 652,
        "overage": 152,
        "remaining": 0,
        "late": 0,
        "fee": "125.00",
        "overage_unit_price": "0.25",
        "overage_cost": "38.00",
        "cost_so_far": "163.00",
        "forecast": {
            "quantity": 850,
            "cost": "212.50",
            "method": "straight_line",
            "days_passed": 23,
            "days_in_period": 30,
        },
        "cheaper_plan": {"code": "2", "name": "Plan 2", "cost": "200.00", "saving": "12.50"},
    }


@pytest.mark.parametrize("period", ["2026-13", "2026-1", "november", "2026-11-01", "26-11"])
def test_a_month_that_is_none_is_named_as_the_wrong_field(acme: Cast, period: str) -> None:
    answer = ask(acme.alice, f"?period={period}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/period"
    assert acme.alice.client().get(acme.alice.url(f"usage/?period={period}")).status_code == 200


def test_a_month_without_a_plan_has_zeros(acme: Cast) -> None:
    document = ask(acme.alice, "?period=2026-10").json()

    assert (document["plan"], document["used"], document["cost_so_far"], document["cheaper_plan"]) == (
        None,
        0,
        "0.00",
        None,
    )
    assert len(document["days"]) == 31
    assert quota_headers(queries.quota(customer_id=acme.globex.id, now=NOON)) == {}
    assert acme.mallory.client().get(acme.mallory.url("usage/")).status_code == 200


def test_no_customer_sees_the_usage_of_another(acme: Cast) -> None:
    assert ask(acme.mallory).json()["used"] == 0
    assert acme.mallory.client().get(acme.alice.url("usage/")).status_code == 404
    assert acme.mallory.client().get(acme.alice.url("usage.csv")).status_code == 404


def test_usage_is_read_with_its_permission_only(acme: Cast) -> None:
    token = acme.alice.token(scopes=frozenset({"seal.create"}))
    answer = Client(HTTP_HOST="localhost").get("/api/v1/usage", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert Client(HTTP_HOST="localhost").get("/api/v1/usage").status_code == 401


def events(member: Member, query: str = "") -> list[dict[str, str]]:
    response = member.client().get(member.url(f"usage.csv{query}"))
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_the_file_can_be_narrowed_and_never_runs_a_formula(acme: Cast) -> None:
    with transaction.atomic():
        deliver(acme, '=HYPERLINK("http://evil.test")', member_id=acme.carol.membership.id)

    assert [row["source_id"] for row in events(acme.alice, f"?token={robot(acme).id}")] == ["robot"]
    assert [row["source_id"] for row in events(acme.alice, f"?member={acme.bob.membership.id}")] == ["bob"]
    assert [row["source_id"] for row in events(acme.alice, f"?member={acme.carol.membership.id}")] == [
        '\'=HYPERLINK("http://evil.test")'
    ]
    assert events(acme.alice, "?period=2026-10") == []


@pytest.mark.parametrize("query", ["?period=2026-13", "?member=mem_nobody", "?token=tok_none"])
def test_a_filter_that_is_none_gives_no_file_instead_of_another_one(acme: Cast, query: str) -> None:
    assert acme.alice.client().get(acme.alice.url(f"usage.csv{query}")).status_code == 422
    assert acme.alice.client().get(acme.alice.url(f"usage/{query}")).status_code == 200


def test_narrowing_changes_the_days_shown_and_never_the_cost(acme: Cast) -> None:
    usage = acme.alice.client().get(acme.alice.url(f"usage/?token={robot(acme).id}")).context["usage"]

    assert [day for day in usage.days if day.quantity] == [(date(2026, 11, 22), 1)]
    assert (usage.used, usage.cost_so_far) == (652, Decimal("163.00"))


def test_a_plain_member_sees_the_totals_and_only_its_own_deliveries(acme: Cast) -> None:
    page = acme.bob.client().get(acme.bob.url("usage/")).context["usage"]

    assert page.used == 652
    assert [row["source_id"] for row in events(acme.bob)] == ["bob"]
    assert [row["source_id"] for row in events(acme.bob, f"?member={acme.alice.membership.id}")] == ["bob"]


def offered(member: Member) -> dict[str, list[Any]]:
    """The labels that each filter of the usage page offers."""
    form = member.client().get(member.url("usage/")).context["form"]
    return {name: [label for _value, label in field.choices] for name, field in form.fields.items()}


def test_filters_name_the_people_and_tokens_that_the_reader_may_know(acme: Cast) -> None:
    auditor = Customers().member(acme.acme, "Aude", "auditor")

    assert offered(acme.alice) == {
        "period": ["November 2026"],
        "member": ["All members", "Alice", "Aude", "Bob", "Carol", "Dave"],
        "token": ["All tokens", "accounting"],
    }
    assert list(offered(auditor)) == ["period", "member"]
    assert list(offered(acme.bob)) == list(offered(acme.dave)) == list(offered(acme.carol)) == ["period"]


def test_who_has_left_and_what_is_revoked_can_still_be_asked_for(acme: Cast) -> None:
    bob = acme.bob.membership
    end_membership(actor=acme.alice.actor, membership_id=bob.id, now=NOON)
    revoke_api_token(actor=acme.alice.actor, token_id=robot(acme).id, now=NOON)

    found = offered(acme.alice)

    assert found["member"] == ["All members", "Alice", "Carol", "Dave", [(bob.id, "Bob")]]
    assert found["token"] == ["All tokens", [(robot(acme).id, "accounting")]]
    assert [row["source_id"] for row in events(acme.alice, f"?member={bob.id}")] == ["bob"]
    assert [row["source_id"] for row in events(acme.alice, f"?token={robot(acme).id}")] == ["robot"]


def test_months_are_offered_since_the_subscription_began_the_newest_first(acme: Cast) -> None:
    with time_machine.travel(datetime(2027, 1, 31, 22, tzinfo=UTC), tick=False):  # 1 February in Vilnius
        page = acme.alice.client().get(acme.alice.url("usage/?period=2026-12"))
        months = [label for _value, label in page.context["form"].fields["period"].choices]

    assert months == ["February 2027", "January 2027", "December 2026", "November 2026"]
    assert '<option value="2026-12" selected>December 2026</option>' in page.content.decode()


def test_a_month_in_the_address_that_is_not_offered_is_shown_all_the_same(acme: Cast) -> None:
    page = acme.alice.client().get(acme.alice.url("usage/?period=2026-10"))

    assert page.context["usage"].starts_on == date(2026, 10, 1)
    assert '<option value="2026-10" selected>October 2026</option>' in page.content.decode()


def test_the_usage_page_takes_few_queries_however_much_was_used(acme: Cast, django_assert_max_num_queries: Any) -> None:
    client = acme.alice.client()
    client.get(acme.alice.url("usage/"))

    with django_assert_max_num_queries(12):
        client.get(acme.alice.url("usage/"))
