"""Staff read billing in the admin and change nothing there."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, PlanVersion, Subscription, UsageEvent
from billing.queries.charges import certificate_prices
from kernel import clock
from kernel.actor import Actor
from tests.cast import Cast, Customers

TABLES = ["planversion", "subscription", "billingperiod", "usageevent", "meterreading", "itemprice", "charge"]


@pytest.fixture
def staff(customers: Customers) -> Client:
    person = customers.person("Sam")
    person.is_staff = person.is_superuser = True
    person.save()
    client = Client(HTTP_HOST="localhost")
    client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_staff_see_every_row_and_can_change_none(staff: Client, cast: Cast, now: datetime) -> None:
    start_subscription(actor=Actor.system("tests"), customer_id=cast.acme.id, plan_code="1", interval="month", now=now)
    with transaction.atomic():
        record_usage(customer_id=cast.acme.id, source_type="delivery", source_id="seal_1", occurred_at=now, now=now)

    for table in TABLES:
        page = staff.get(f"/staff/billing/{table}/")
        assert page.status_code == 200
        assert staff.get(f"/staff/billing/{table}/add/").status_code == 403
    for model in (PlanVersion, Subscription, BillingPeriod, UsageEvent):
        address = f"/staff/billing/{model._meta.model_name}/{model.objects.all()[0].pk}/"
        assert staff.get(f"{address}change/").status_code == 200
        assert staff.post(f"{address}change/", {}).status_code == 403
        assert staff.post(f"{address}delete/", {"post": "yes"}).status_code == 403


def test_staff_publish_a_price_from_tomorrow_and_orders_of_today_keep_the_old(staff: Client) -> None:
    page, today = "/staff/billing/itemprice/publish/", clock.legal_date(clock.now())
    wish = {"item": "certificate_1_year", "amount": "210.00", "reason": "Their prices rose"}
    assert staff.post(page, wish | {"effective_on": today.isoformat()}).status_code == 422
    tomorrow = today + timedelta(days=1)
    assert staff.post(page, wish | {"effective_on": tomorrow.isoformat()}).status_code == 302
    assert staff.post(page, wish | {"effective_on": tomorrow.isoformat()}).status_code == 422
    assert staff.post(page, wish | {"effective_on": tomorrow.isoformat(), "amount": "-1"}).status_code == 422
    assert [certificate_prices(on)[0].amount for on in (today, tomorrow)] == [Decimal("205.00"), Decimal("210.00")]
