"""What a customer that is erased still owes: its last month is invoiced, mailed, asked for and paid (D4, B9, B15)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.test import override_settings

from accounts.models import Customer
from billing.actions.start_subscription import start_subscription
from billing.models import BillingDetails, Invoice, InvoiceMail
from billing.queries.receivables import receivables
from kernel import clock
from privacy.actions.run_retention import run_retention
from privacy.models import ErasureReceipt, RetentionItem
from tests.cast import Customers
from tests.erasing import ended
from tests.journeys.test_10_fourteen_months import a_customer, as_printed, at, pays, schedule, use, work

ADDRESS = "invoices@alder.example"


@pytest.fixture
def travel(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Coordinates]:
    monkeypatch.setattr("sealing.actions.seal_invoice.printed_invoice", as_printed)
    monkeypatch.setattr("sealing.actions.seal_invoice.sealed_by_operator", lambda pdf, **_named: pdf)
    monkeypatch.setattr("privacy.actions.issue_erasure_receipt.seal_statement", lambda **_named: b"%PDF-1.7")
    with (
        override_settings(ERASURE_LEDGER_DIR=tmp_path / "ledger"),
        time_machine.travel(at("2036-01-01", "08:00:00"), tick=False) as coordinates,
    ):
        yield coordinates


def test_who_ended_at_once_is_erased_and_then_billed_reminded_and_pays(travel: time_machine.Coordinates) -> None:
    member = a_customer(Customers(), "Alder, UAB", "LT", "LT100001919017")
    customer_id = member.customer.id
    BillingDetails.objects.create(customer=member.customer, emails=[ADDRESS], changed_at=clock.now())
    start_subscription(actor=member.actor, customer_id=customer_id, plan_code="1", interval="month", now=clock.now())
    work()
    use(member, 600)
    travel.move_to(at("2036-01-10"))
    ended(member, now=clock.now())
    work()
    for day in ("2036-01-11", "2036-01-16"):
        travel.move_to(at(day))
        schedule()
        work()
        run_retention(now=clock.now(), seconds=30)
        work()
    assert RetentionItem.objects.get(rule="content").state == "done"
    assert ErasureReceipt.objects.count() == 1
    assert Customer.objects.get(pk=customer_id).status == "closed"
    mail.outbox.clear()
    for day in ("2036-02-01", "2036-02-04"):
        travel.move_to(at(day, "06:00:00"))
        schedule()
        work()
    invoice = Invoice.objects.get(customer_id=customer_id)
    assert (invoice.state, invoice.received_at is not None) == ("finalised", True)
    assert InvoiceMail.objects.get(invoice=invoice).state == "sent"
    (sent,) = mail.outbox
    assert (sent.to, len(sent.attachments) > 0) == ([ADDRESS], True)
    assert invoice.reference in sent.body
    assert "/c/" not in sent.body, "nobody can open a page there any more"
    mail.outbox.clear()
    for day in ("2036-02-29", "2036-03-05", "2036-03-20"):
        travel.move_to(at(day))
        schedule()
        work()
    assert {tuple(each.to) for each in mail.outbox} == {(ADDRESS,)}
    assert len(mail.outbox) >= 2, "before it is due, and after"
    assert [each.body for each in mail.outbox if f"reference {invoice.reference}" not in each.body] == []
    assert [each.body for each in mail.outbox if str(invoice.number) not in each.subject + each.body] == []
    pays(member)()
    work()
    still_open = receivables(customer_id=customer_id, only_open=True)
    assert [entry for entry in still_open if entry.kind == "invoice"] == []
