"""Staff read billing in the admin and change nothing there."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction
from django.test import Client

from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, PlanVersion, Subscription, UsageEvent
from kernel.actor import Actor
from tests.cast import Cast, Customers

TABLES = ["planversion", "subscription", "billingperiod", "usageevent", "meterreading"]


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
