"""The pages and the API of invoices: how each stands, why every cent is there, and in which files it can be had."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.html import strip_tags
from lxml import etree

from accounts.models import Customer
from billing.actions._allocation import allocate
from billing.actions.credit_invoice import credit_invoice
from billing.actions.deliver_invoice import deliver_invoice
from billing.actions.file_invoice import file_invoice
from billing.models import BillingDetails, Invoice
from billing.queries.account import liability_of
from kernel import clock
from kernel.actor import Actor
from kernel.tenancy.context import forget_customers
from tests.cast import Cast
from tests.factories.billing import received_payment
from tests.factories.documents import REVERSE_CHARGE, charged, issued, month_lines

SYSTEM = Actor.system("tests")
ISAF = {"i": "http://www.vmi.lt/cms/imas/isaf"}


def text(answer: Any) -> str:
    return " ".join(strip_tags(answer.content.decode().replace("<", " <")).split())


def delivered(invoice: Invoice, at: datetime) -> Invoice:
    file_invoice(actor=SYSTEM, invoice_id=invoice.id, pdf=b"%PDF-sealed", ubl=b"<ubl/>", cii=b"<cii/>", now=at)
    deliver_invoice(actor=SYSTEM, invoice_id=invoice.id, now=at)
    invoice.refresh_from_db()
    return invoice


@pytest.fixture
def invoice(cast: Cast) -> Invoice:
    """Plan 1 in November with 120 seals beyond it: EUR 155.00, with VAT 187.55; delivered today."""
    now = clock.now()
    return delivered(issued(cast.acme.id, month_lines(cast.acme.id, now=now), now=now), now)


def test_the_page_tells_why_every_cent_is_there_and_what_was_paid(cast: Cast, invoice: Invoice) -> None:
    now = clock.now()
    payment = received_payment(cast.acme.id, "100.00", now=now)
    allocate(
        actor=SYSTEM, invoice=invoice, source=payment, amount=Decimal("100.00"), value_on=payment.value_on, now=now
    )
    carol = cast.carol.client()
    answer = carol.get(cast.carol.url(f"billing/invoices/{invoice.number}/"))
    shown = text(answer)
    for told in (
        "Seals beyond the plan in November 2026 620 used − 500 included = 120 × €0.25 = €30.00",
        "VAT 21 % of €155.00",
        "€187.55",
        "Still open €87.55",
        "€87.55 are to be paid by",
    ):
        assert told in shown, told
    assert f"{cast.carol.url('usage/')}?period=2026-11" in answer.content.decode()
    listed = text(carol.get(cast.carol.url("billing/")))
    assert f"{invoice.number} Invoice" in listed
    assert "Open €87.55 with VAT" in listed
    assert cast.bob.client().get(cast.bob.url("billing/")).status_code == 403
    stranger = cast.mallory.client().get(cast.mallory.url(f"billing/invoices/{invoice.number}/"))
    assert stranger.status_code == 404


@pytest.mark.parametrize(
    ("kind", "content"), [("pdf", b"%PDF-sealed"), ("ubl", b"<ubl/>"), ("cii", b"<cii/>"), ("csv", b"billing_period,")]
)
def test_every_format_can_be_fetched_in_the_portal_and_by_programs(
    cast: Cast, invoice: Invoice, kind: str, content: bytes
) -> None:
    path = f"billing/invoices/{invoice.number}/{kind}"
    assert cast.alice.client().get(cast.alice.url(path)).content.startswith(content)
    assert cast.mallory.client().get(cast.mallory.url(path)).status_code == 404
    media = {"pdf": "application/pdf", "csv": "text/csv"}.get(kind, f"application/xml;profile={kind}")
    headers = {"Authorization": f"Bearer {cast.alice.token()}", "Accept": media}
    answer = Client().get(f"/api/v1/invoices/{invoice.number}", headers=headers)
    assert (answer.status_code, answer.content.startswith(content)) == (200, True)
    stranger = {**headers, "Authorization": f"Bearer {cast.mallory.token()}"}
    assert Client().get(f"/api/v1/invoices/{invoice.number}", headers=stranger).status_code == 404


def test_programs_read_the_lines_and_how_each_document_stands(cast: Cast, invoice: Invoice) -> None:
    headers = {"Authorization": f"Bearer {cast.alice.token()}"}
    told = Client().get(f"/api/v1/invoices/{invoice.number}", headers=headers).json()
    assert (told["reference"], told["vat_category"], told["formats"]) == (
        invoice.reference,
        "S",
        ["pdf", "ubl", "cii", "csv"],
    )
    assert [(each["net"], each["unit_price"]) for each in told["lines"]] == [("125.00", "125.00"), ("30.00", "0.25")]
    listed = Client().get("/api/v1/invoices", headers=headers).json()
    assert (listed["open"], listed["overdue"], listed["credit"]) == ("187.55", "0.00", "0.00")
    assert [(each["number"], each["state"]) for each in listed["items"]] == [(invoice.number, "due")]
    without = {"Authorization": f"Bearer {cast.alice.token(scopes=frozenset({'usage.read'}))}"}
    assert Client().get("/api/v1/invoices", headers=without).status_code == 403


def test_a_document_is_on_its_way_then_due_then_overdue_then_paid(cast: Cast) -> None:
    now = clock.now() - timedelta(days=40)
    invoice = issued(cast.acme.id, [charged(cast.acme.id, "100.00", now=now)], now=now)
    alice = cast.alice.client()
    page = cast.alice.url(f"billing/invoices/{invoice.number}/")
    assert "On its way" in text(alice.get(page))
    delivered(invoice, now)
    assert "Overdue" in text(alice.get(page))
    assert "Of it overdue €121.00" in text(alice.get(cast.alice.url("billing/")))
    payment = received_payment(cast.acme.id, "121.00", now=now)
    allocate(
        actor=SYSTEM, invoice=invoice, source=payment, amount=Decimal("121.00"), value_on=payment.value_on, now=now
    )
    assert "It was paid in full" in text(alice.get(page))


def test_the_account_shows_the_running_balance_and_the_liability_cap(cast: Cast, invoice: Invoice) -> None:
    received_payment(cast.acme.id, "200.00", now=clock.now(), reference="=RF1")
    alice = cast.alice.client()
    shown = text(alice.get(cast.alice.url("billing/account/")))
    assert "you had a credit with us" in shown
    assert "it is €200.00: what you paid" in shown
    lines = alice.get(cast.alice.url("billing/account/?format=csv")).content.decode().splitlines()
    assert [each.split(",")[1:] for each in lines[1:]] == [
        ["invoice", str(invoice.number), "187.55", "187.55"],
        ["receipt", "'=RF1", "-200.00", "-12.45"],
    ]
    assert liability_of(cast.globex.id, on=date(2026, 11, 30)).amount == 0
    assert alice.get(cast.alice.url("billing/account/?first_on=never")).status_code == 200


def test_billing_details_are_changed_by_who_manages_billing(cast: Cast) -> None:
    asked = {"emails": "a@acme.example\nb@acme.example", "attached_format": "ubl", "language": "lt"}
    asked |= {"buyer_reference": " Cost centre 12 ", "order_number": "PO 7"}
    page = cast.carol.url("billing/details/")
    carol = cast.carol.client()
    assert carol.post(page, asked).status_code == 302
    row = BillingDetails.objects.get(customer=cast.acme)
    assert (row.emails, row.attached_format) == (["a@acme.example", "b@acme.example"], "ubl")
    assert (row.buyer_reference, row.order_number, row.language) == ("Cost centre 12", "PO 7", "lt")
    wrong = {"emails": "nobody"}, {"emails": "\n".join(f"{n}@acme.example" for n in range(6))}, {"language": "xx"}
    for change in wrong:
        assert carol.post(page, asked | change).status_code == 422
    assert cast.bob.client().post(page, asked).status_code == 403
    row.refresh_from_db()
    assert row.emails == ["a@acme.example", "b@acme.example"]
    made = issued(cast.acme.id, [charged(cast.acme.id, "1.00", now=clock.now())], now=clock.now())
    assert (made.buyer["order_number"], made.buyer["language"]) == ("PO 7", "lt")


def test_after_the_end_of_the_contract_owners_alone_still_reach_their_invoices(cast: Cast, invoice: Invoice) -> None:
    Customer.objects.filter(pk=cast.acme.pk).update(status="ended")
    forget_customers()
    alice, page = cast.alice.client(), f"billing/invoices/{invoice.number}/"
    assert invoice.reference[:4] in text(alice.get(cast.alice.url(page)))
    assert alice.get(cast.alice.url(f"{page}pdf")).status_code == 200
    assert alice.get(cast.alice.url("usage/")).status_code == 302
    assert cast.carol.client().get(cast.carol.url(page)).status_code == 403
    Customer.objects.filter(pk=cast.acme.pk).update(status="active")


def test_the_register_has_the_issued_documents_of_the_month_and_credit_notes_below_zero(
    cast: Cast, now: datetime, tmp_path: Path
) -> None:
    acme = cast.acme.id
    first = issued(acme, [charged(acme, "100.00", now=now)], now=now)
    credit_invoice(actor=SYSTEM, invoice_id=first.id, key="credit", reason="Never held", now=now)
    issued(
        acme,
        [charged(acme, "50.00", now=now)],
        now=now,
        vat=REVERSE_CHARGE,
        buyer={"vat_number": "EE100366327"},
    )
    issued(acme, [charged(acme, "1.00", now=now)], now=now + timedelta(days=8))
    target = tmp_path / "isaf.xml"
    call_command("export_isaf", month="2026-11", output=str(target))
    root = etree.parse(target)
    found = [
        tuple(
            each.findtext(path, namespaces=ISAF)
            for path in ("i:InvoiceType", ".//i:TaxCode", ".//i:TaxableValue", ".//i:Amount", ".//i:ReferenceNo")
        )
        for each in root.iterfind(".//i:SalesInvoices/i:Invoice", ISAF)
    ]
    assert sorted(found, key=str) == sorted(
        [
            ("SF", "PVM1", "100.00", "21.00", None),
            ("KS", "PVM1", "-100.00", "-21.00", first.number),
            ("SF", "PVM15", "50.00", "0.00", None),
        ],
        key=str,
    )
    header = [root.findtext(f".//i:{name}", namespaces=ISAF) for name in ("SelectionStartDate", "SelectionEndDate")]
    assert header == ["2026-11-01", "2026-11-30"]
    with pytest.raises(CommandError):
        call_command("export_isaf", month="November")
