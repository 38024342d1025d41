"""Staff see what was issued and what is held, and act on it by buttons, with a reason."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Customer
from accounts.rules.staff_roles import StaffRole
from billing.actions.credit_invoice import credit_invoice
from billing.actions.invoice_customer import invoice_customer
from billing.models import Charge, Invoice
from billing.queries.account import liability_of
from kernel import clock
from kernel.actor import Actor
from kernel.models import Job
from tests.cast import Cast
from tests.factories.billing import finalised_invoice, received_payment
from tests.staff import staff_person

SYSTEM = Actor.system("tests")
DECEMBER = datetime(2026, 12, 1, 0, 10, tzinfo=UTC)


@pytest.fixture
def staff(db: None) -> Client:
    return staff_person("Sam", StaffRole.CHIEF).client


@pytest.fixture
def held(cast: Cast, now: datetime) -> Invoice:
    """A draft that charges unusually much."""
    Customer.objects.filter(pk=cast.acme.id).update(register_number="1", street="Gatvė 1", city="Vilnius")
    Charge.objects.create(
        customer_id=cast.acme.id,
        item="add_on",
        description="Training",
        amount=Decimal("30000.00"),
        currency="EUR",
        source_type="tests",
        source_id="1",
        occurred_at=now,
    )
    invoice_customer(actor=SYSTEM, customer_id=cast.acme.id, now=DECEMBER)
    return Invoice.objects.get()


def press(staff: Client, invoice: Invoice, button: str, **given: str) -> int:
    return staff.post(f"/staff/billing/invoice/{invoice.pk}/{button}/", {"reason": "Looked at it", **given}).status_code


def text(staff: Client, address: str) -> str:
    page = staff.get(address)
    assert page.status_code == 200, address
    return page.content.decode()


def test_what_is_held_shows_why_and_is_released(staff: Client, held: Invoice) -> None:
    assert "Held: It charges unusually much" in text(staff, "/staff/billing/invoice/")
    assert "Training" in text(staff, f"/staff/billing/invoice/{held.pk}/change/")
    assert held.run_key in text(staff, "/staff/billing/billingrun/?state__exact=waiting")
    assert press(staff, held, "issue") == 422  # it is held still
    assert staff.post(f"/staff/billing/invoice/{held.pk}/release/", {"reason": ""}).status_code == 422
    assert press(staff, held, "release") == 302
    assert Job.objects.filter(kind="billing.invoice_customer").exists()
    assert press(staff, held, "issue") == 302
    held.refresh_from_db()
    assert held.number is not None
    page = text(staff, f"/staff/billing/invoice/{held.pk}/change/")
    assert "36300.00" in page
    assert press(staff, held, "discard") == 403


def test_a_draft_is_discarded_and_vies_is_asked_by_hand(staff: Client, held: Invoice) -> None:
    assert press(staff, held, "vies") == 302  # nothing depends on it at home
    assert text(staff, "/staff/billing/vatevidence/")
    assert press(staff, held, "discard") == 302
    assert not Invoice.objects.exists()


def test_lines_are_credited_once_however_often_the_button_is_pressed(staff: Client, cast: Cast, now: datetime) -> None:
    made = finalised_invoice(cast.acme.id, net="100.00", now=now)
    page = text(staff, f"/staff/billing/invoice/{made.pk}/credit/")
    found = re.search(r'name="key" value="(crd_\w+)"', page)
    assert found is not None
    assert "Training" in page
    assert press(staff, made, "credit", key=found[1], line_1="100.01") == 422
    assert press(staff, made, "credit", key=found[1], line_1="") == 422
    for _ in range(2):
        assert press(staff, made, "credit", key=found[1], line_1="40.00") == 302
    note = Invoice.objects.get(kind="credit_note")
    assert (note.net, note.reason) == (Decimal("40.00"), "Looked at it")

    assert press(staff, note, "credit", key="x", line_1="1.00") == 403
    assert press(staff, note, "correct", amount="35.00", description="Training, half a day") == 302
    assert press(staff, note, "correct", amount="35.00", description="Training, half a day") == 422
    assert Charge.objects.get(item="correction").amount == Decimal("35.00")


def test_who_may_only_look_has_no_buttons(cast: Cast, now: datetime) -> None:
    support = staff_person("Una", StaffRole.SUPPORT).client
    made = finalised_invoice(cast.acme.id, net="100.00", now=now)
    assert text(support, f"/staff/billing/invoice/{made.pk}/change/")
    for button in ("issue", "release", "discard", "credit", "vies"):
        assert press(support, made, button, key="x", line_1="1.00") == 403
    credit_invoice(actor=SYSTEM, invoice_id=made.id, key="x", reason="Wrong", now=clock.now())
    assert text(support, "/staff/billing/invoice/")


def test_the_register_of_a_month_is_downloaded_and_the_liability_is_seen(
    staff: Client, cast: Cast, now: datetime
) -> None:
    made = finalised_invoice(cast.acme.id, net="100.00", now=now)
    payment = received_payment(cast.acme.id, "121.00", now=clock.now())
    assert 'name="month"' in text(staff, "/staff/billing/invoice/isaf/")
    file = staff.get("/staff/billing/invoice/isaf/", {"month": f"{now:%Y-%m}"})
    assert file["Content-Disposition"] == f'attachment; filename="isaf-{now:%Y-%m}.xml"'
    assert str(made.number) in file.content.decode()
    expected = liability_of(cast.acme.id, on=payment.value_on).amount
    assert expected > 0
    assert f"{expected} EUR" in text(staff, f"/staff/billing/invoice/{made.pk}/change/")
