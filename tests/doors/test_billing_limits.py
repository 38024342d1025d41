"""Alerts, cap, cost centres, rows and preview as pages and API; staff reconcile and take back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from accounts.rules.staff_roles import StaffRole
from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import start_subscription
from billing.models import CostAlert, CostCentre, SpendingCap, UsageEvent
from kernel.actor import Actor
from tests.cast import Cast
from tests.staff import staff_person

NOON = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def acme(db: None, cast: Cast) -> Any:
    """Acme on plan 1 with 510 seals: 509 by Alice and one by Bob."""
    with time_machine.travel(NOON, tick=False):
        start_subscription(
            actor=Actor.system("tests"), customer_id=cast.acme.id, plan_code="1", interval="month", now=NOON
        )
        with transaction.atomic():
            for number in range(510):
                member = cast.bob if number == 0 else cast.alice
                record_usage(
                    customer_id=cast.acme.id,
                    source_type="delivery",
                    source_id=f"delivery_{number}",
                    occurred_at=NOON,
                    now=NOON,
                    member_id=member.membership.id,
                )
        yield cast


def test_alerts_and_cap_are_set_on_one_page_and_wrong_input_is_shown_there(acme: Cast) -> None:
    client, page = acme.carol.client(), acme.carol.url("billing/alerts/")
    assert "80 % of the 500 seals in the plan" in client.get(page).content.decode()
    assert client.post(page, {"action": "add", "amount": "150.00"}).status_code == 302
    assert client.post(page, {"action": "add", "amount": "150.00"}).status_code == 422
    assert client.post(page, {"action": "add", "amount": "lots"}).status_code == 422
    assert client.post(page, {"action": "cap", "amount": "2.50", "grace": "0"}).status_code == 302
    assert client.post(page, {"action": "cap", "amount": "-1", "grace": "0"}).status_code == 422
    assert "Live seals are refused until you raise the cap" in client.get(page).content.decode()
    assert client.post(page, {"action": "cap", "amount": "5", "grace": "10"}).status_code == 302
    text = " ".join(client.get(page).content.decode().split())
    assert "€2.50 of €5.00 is spent. The cap is reached at 520 seals in the month; 510 were made." in text
    assert client.post(page, {"action": "uncap"}).status_code == 302
    assert not SpendingCap.objects.exists()
    [alert] = CostAlert.objects.all()
    assert client.post(page, {"action": "remove", "alert": alert.id}).status_code == 302
    assert not CostAlert.objects.exists()
    for action in ("add", "cap"):
        assert acme.bob.client().post(acme.bob.url("billing/alerts/"), {"action": action}).status_code == 403


def test_the_rows_behind_a_figure_can_be_paged_and_narrowed_to_a_day_and_a_member(acme: Cast) -> None:
    client = acme.alice.client()
    first = client.get(acme.alice.url("usage/events/"))
    seen, cursor = len(first.context["page"].lines), first.context["next_cursor"]
    while cursor:
        page = client.get(acme.alice.url("usage/events/"), {"cursor": cursor})
        seen, cursor = seen + len(page.context["page"].lines), page.context["next_cursor"]
    assert seen == 510

    def narrowed(**query: str) -> int:
        return len(client.get(acme.alice.url("usage/events/"), query).context["page"].lines)

    assert narrowed(member=acme.bob.membership.id) == 1
    assert narrowed(day="2026-11-23") == 100
    assert narrowed(day="2026-11-22") == narrowed(period="2026-10") == 0
    file = client.get(acme.alice.url("usage.csv"), {"day": "2026-11-22"})
    assert b"".join(file.streaming_content).count(b"\n") == 1
    assert client.get(acme.alice.url("usage/events/"), {"cursor": "eA"}).status_code == 422
    assert len(acme.bob.client().get(acme.bob.url("usage/events/")).context["page"].lines) == 1


def test_a_month_is_split_by_cost_centres_on_the_page_in_the_file_and_in_the_api(acme: Cast) -> None:
    client, page = acme.carol.client(), acme.carol.url("usage/cost-centres/")
    bob = acme.bob.membership.id
    assert client.post(page, {"action": "name", "orderer": bob, "name": "=Legal"}).status_code == 302
    assert client.post(page, {"action": "name", "orderer": bob, "name": "x" * 81}).status_code == 302
    assert CostCentre.objects.get().name == "=Legal"
    shown = client.get(page).context["split"]
    assert [(total.name, str(total.cost)) for total in shown.centres] == [("=Legal", "0.25"), ("", "127.25")]
    file = client.get(acme.carol.url("usage/cost-centres.csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert [row["cost_centre"] for row in rows] == ["", "'=Legal"]
    token = acme.alice.token()
    answer = Client(HTTP_HOST="localhost").get(
        "/api/v1/usage/cost-centres?period=2026-11", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["cost"] == "127.50"
    assert [item["cost"] for item in answer.json()["items"]] == ["127.25", "0.25"]


def test_the_api_lists_the_rows_of_a_month(acme: Cast) -> None:
    headers = {"Authorization": f"Bearer {acme.alice.token()}"}
    client = Client(HTTP_HOST="localhost")
    first = client.get("/api/v1/usage/events", headers=headers).json()
    second = client.get(f"/api/v1/usage/events?cursor={first['next']}", headers=headers).json()
    assert len({row["id"] for row in first["items"] + second["items"]}) == 200
    assert first["items"][0]["kind"] == "delivery"
    assert client.get("/api/v1/usage/events?period=2026-10", headers=headers).json() == {"items": [], "next": None}
    assert client.get("/api/v1/usage/events?period=x", headers=headers).status_code == 422


def test_the_next_invoice_can_be_read_at_any_time_with_its_arithmetic(acme: Cast) -> None:
    page = acme.carol.client().get(acme.carol.url("usage/next-invoice/"))
    coming = page.context["coming"]
    assert [(each.line.kind, each.line.quantity, str(each.line.net)) for each in coming.lines] == [
        ("fee", 1, "125.00"),
        ("overage", 10, "2.50"),
        ("charge", 1, "300.00"),  # the set-up fee
    ]
    assert (str(coming.preview.net), coming.fee_is_prepaid, str(coming.made_from)) == ("427.50", False, "2026-12-01")
    told = page.content.decode()
    assert "510 used − 500 included = 10 × €0.25 = €2.50" in told
    assert "usage/events/?period=2026-11" in told
    listed = acme.carol.client().get(acme.carol.url("billing/")).content.decode()
    assert "In preparation" in listed
    assert "€427.50" in listed


def test_staff_reconcile_a_month_and_take_back_what_was_counted_wrongly(acme: Cast) -> None:
    chief = staff_person("Sam", StaffRole.CHIEF).client
    page = chief.get("/staff/billing/billingperiod/reconcile/", {"month": "2026-11"})
    assert page.status_code == 200
    assert page.context["differing"] == 0
    event = UsageEvent.objects.order_by("id").first()
    assert event is not None
    address = f"/staff/billing/usageevent/{event.pk}/take-back/"
    assert chief.post(address, {"reason": ""}).status_code == 422
    assert chief.post(address, {"reason": "Ours"}).status_code == 302
    assert chief.post(address, {"reason": "Ours"}).status_code == 422
    assert UsageEvent.objects.filter(quantity=-1).count() == 1
    support = staff_person("Eve", StaffRole.SUPPORT).client
    assert support.get("/staff/billing/billingperiod/reconcile/").status_code == 200
    assert support.post(address, {"reason": "Ours"}).status_code == 403
