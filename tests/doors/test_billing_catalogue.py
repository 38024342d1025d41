"""The catalogue's pages: prices with a calculator, additional services, and what staff publish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.rules.staff_roles import StaffRole
from billing.actions.publish_add_on import publish_add_on
from billing.actions.start_subscription import start_subscription
from billing.models import AddOn, AddOnOrder, Charge, Plan, PlanVersion, SpecialTerms, Subscription
from kernel.actor import Actor
from sealing.formats.sample import sample_pdf
from tests.cast import Cast
from tests.staff import Staff, staff_person

NOON = datetime(2026, 11, 23, 10, tzinfo=UTC)
SYSTEM = Actor.system("tests")


@pytest.fixture(autouse=True)
def at_noon(db: None) -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def chief(at_noon: None) -> Staff:
    return staff_person("Sam", StaffRole.CHIEF)


def test_anybody_is_told_what_so_many_seals_cost_and_which_plan_costs_the_least(client: Client) -> None:
    publish_add_on(
        actor=SYSTEM,
        code="training",
        name="Training",
        description="Two hours",
        interval="once",
        amount=Decimal("150.00"),
        now=NOON,
    )
    page = client.get("/pricing/?seals=848")
    text = " ".join(page.content.decode().split())

    costs = {cost.code: (cost.month, cost.cheapest) for cost in page.context["costs"]}
    assert costs["1"] == (Decimal("212.00"), False)
    assert costs["2"] == (Decimal("200.00"), True)
    assert "For 848 seals a month Plan 2 costs the least: €200.00 a month." in text
    for price in ("€0.236", "€2,700.00", "€205.00", "€490.00", "Training", "€150.00", "VAT is added"):
        assert price in text
    assert client.get("/pricing/").context["seals"] == 800
    for nonsense in ("", "-1", "many", "10000001"):
        page = client.get("/pricing/", {"seals": nonsense})
        assert (page.status_code, page.context["costs"]) == (200, [])
        assert page.context["form"].errors
    assert b'name="seals"' in client.get("/").content


def test_an_administrator_orders_a_service_at_the_price_that_was_shown(cast: Cast) -> None:
    for code, interval, amount in (("training", "once", "150.00"), ("archive", "month", "9.90")):
        publish_add_on(
            actor=SYSTEM,
            code=code,
            name=code.title(),
            description="",
            interval=interval,
            amount=Decimal(amount),
            now=NOON,
        )
    browser, page = cast.alice.client(), cast.alice.url("billing/add-ons/")
    shown = browser.get(f"{page}training/?quantity=2")
    assert (shown.context["amount"], b"December 2026" in shown.content) == (Decimal("300.00"), True)

    wish = {"quantity": "2", "agreed_amount": "299.00", "request_key": "req_1"}
    assert b"price has changed" in browser.post(f"{page}training/", wish, follow=True).content
    for _ in range(2):
        assert browser.post(f"{page}training/", wish | {"agreed_amount": "300.00"}).status_code == 302
    assert (
        browser.post(f"{page}archive/", {"quantity": "1", "agreed_amount": "9.90", "request_key": "req_2"}).status_code
        == 302
    )
    assert browser.get(f"{page}training/?quantity=0").status_code == 422
    assert browser.post(f"{page}training/", {"quantity": "0", "agreed_amount": "0"}).status_code == 200

    listed = browser.get(page)
    assert {each.name: each.amount for each in listed.context["ordered"]} == {
        "Archive": Decimal("9.90"),
        "Training": Decimal("300.00"),
    }
    assert sum(charge.amount for charge in listed.context["charges"]) == Decimal("309.90")
    order = AddOnOrder.objects.get(add_on_id="archive")
    assert browser.post(page, {"action": "end", "order": order.id}).status_code == 302
    assert b"not charged from" in browser.get(page).content
    assert cast.carol.client().get(page).status_code == 200
    assert cast.bob.client().get(page).status_code == 403
    assert Charge.objects.count() == 2


def test_staff_publish_prices_after_they_have_seen_whom_they_concern(chief: Staff, cast: Cast) -> None:
    start_subscription(actor=SYSTEM, customer_id=cast.acme.id, plan_code="1", interval="month", now=NOON)
    page = "/staff/billing/planversion/publish/"
    wish = {
        "plan": "1",
        "effective_on": "2026-12-01",
        "monthly_fee": "150.00",
        "included": "500",
        "overage_unit_price": "0.215",
        "setup_fee": "300.00",
        "included_users": "5",
        "extra_user_price": "4.50",
        "reason": "Costs rose",
    }
    first = chief.client.post(page, wish)
    assert (first.status_code, "Acme: dearer" in first.content.decode()) == (422, True)
    assert "1 Mar 2027" in first.content.decode()
    assert chief.client.post(page, wish | {"monthly_fee": "", "seen": "on"}).status_code == 422
    assert chief.client.post(page, wish | {"extra_user_price": "", "seen": "on"}).status_code == 422
    assert PlanVersion.objects.filter(plan_id="1").count() == 1
    assert chief.client.post(page, wish | {"seen": "on"}).status_code == 302
    version = PlanVersion.objects.latest("published_at")
    assert (version.overage_unit_price, version.extra_user_price, version.setup_fee) == (
        Decimal("0.215"),
        Decimal("4.50"),
        Decimal("300.00"),
    )
    nobody = chief.client.post(page, {"plan": "5", "effective_on": "2026-12-01", "individual": "on", "reason": "x"})
    assert "Nobody has this plan now" in nobody.content.decode()
    for public in ("planversion", "plan", "pricechangenotice", "meterlevel"):
        assert chief.client.get(f"/staff/billing/{public}/").status_code == 200


def test_staff_put_a_customer_on_a_plan_of_their_own(chief: Staff, cast: Cast) -> None:
    signed = SimpleUploadedFile("agreement.pdf", sample_pdf(), "application/pdf")
    terms = {
        "customer": cast.acme.slug,
        "starts_on": "2026-11-01",
        "signed_on": "2026-11-20",
        "monthly_fee": "900.00",
        "included": "9000",
        "overage_unit_price": "0.11",
        "document": signed,
        "reason": "Signed by both",
    }
    page = "/staff/billing/specialterms/"
    assert chief.client.post(f"{page}sign/", terms | {"customer": "nobody"}).status_code == 422
    signed.seek(0)
    assert chief.client.post(f"{page}sign/", terms).status_code == 302
    recorded = SpecialTerms.objects.get()
    download = chief.client.get(f"{page}{recorded.id}/document/")
    assert (download.content, download["Content-Disposition"]) == (
        sample_pdf(),
        'attachment; filename="agreement.pdf"',
    )
    assert chief.client.get(f"{page}{recorded.id}/change/").status_code == 200

    place = {"customer": cast.acme.id, "plan": "5", "interval": "month", "reason": "As agreed"}
    assert chief.client.post("/staff/billing/planversion/place/", place).status_code == 302
    assert Subscription.objects.get(customer=cast.acme).plan_version.plan_id == "5"
    own = cast.alice.client().get(cast.alice.url(f"billing/special-terms/{recorded.id}/"))
    assert (
        own.content,
        cast.mallory.client().get(cast.mallory.url(f"billing/special-terms/{recorded.id}/")).status_code,
    ) == (
        sample_pdf(),
        404,
    )
    assert chief.client.post(f"{page}{recorded.id}/end/", {"ends_on": "2026-12-01", "reason": "x"}).status_code == 302


def test_staff_keep_plans_and_services_by_buttons_and_others_only_look(chief: Staff, cast: Cast) -> None:
    plan = {"code": "free", "name": "Free", "position": "9", "reason": "For schools"}
    assert chief.client.post("/staff/billing/planversion/create/", plan).status_code == 302
    assert (Plan.objects.get(pk="free").public, Plan.objects.get(pk="free").long_notice) == (False, False)
    page = "/staff/billing/addon/"
    service = {
        "code": "archive",
        "name": "Archive",
        "interval": "month",
        "amount": "9.90",
        "customer": "",
        "reason": "x",
    }
    assert chief.client.post(f"{page}publish/", service).status_code == 302
    tomorrow = (NOON + timedelta(days=1)).date().isoformat()
    price = {"amount": "12.00", "effective_on": tomorrow, "reason": "x"}
    assert chief.client.post(f"{page}archive/price/", price).status_code == 302
    assert chief.client.post(f"{page}archive/withdraw/", {"reason": "x"}).status_code == 302
    assert not AddOn.objects.get().offered
    assert chief.client.post(f"{page}archive/offer/", {"reason": "x"}).status_code == 302
    order = cast.alice.client().post(
        cast.alice.url("billing/add-ons/archive/"), {"quantity": "1", "agreed_amount": "9.90", "request_key": "req_2"}
    )
    assert order.status_code == 302
    address = f"/staff/billing/addonorder/{AddOnOrder.objects.get().id}/end/"
    assert chief.client.post(address, {"reason": "x"}).status_code == 302

    support = staff_person("Sue", StaffRole.SUPPORT)
    for table in ("addon", "addonorder", "addonprice", "specialterms", "planversion"):
        assert support.client.get(f"/staff/billing/{table}/").status_code == 200
    for button in (f"{page}publish/", "/staff/billing/planversion/publish/", "/staff/billing/specialterms/sign/"):
        assert support.client.get(button).status_code == 403
