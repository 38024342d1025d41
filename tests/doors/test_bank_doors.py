"""Payments in the portal, in the staff admin and on the command line."""

from __future__ import annotations

import os
import re
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from accounts.rules.staff_roles import StaffRole
from billing import tasks
from billing.models import Allocation, Payment, PaymentFlag
from billing.queries.receivables import credit_of
from kernel import runner
from kernel.jobs import ClaimedJob
from kernel.models import Job
from kernel.outbox import emit
from tests.cast import Cast
from tests.doubles.bank import booked, camt
from tests.factories.billing import finalised_invoice, received_payment
from tests.staff import staff_person


def test_the_payments_page_says_how_to_pay_and_uses_the_credit(cast: Cast, now: datetime) -> None:
    url, carol = cast.carol.url("billing/payments/"), cast.carol.client()
    assert "No payment has reached us yet" in carol.get(url).content.decode()
    invoice = finalised_invoice(cast.acme.id, now=now)
    received_payment(cast.acme.id, "21.00", now=now)
    page = carol.get(url).content.decode()
    assert "LT12 1000 0111 0100 1000" in page
    assert invoice.number in page
    assert "Use €21.00 for what is open now" in page
    assert "<svg" in page
    assert "style=" not in page
    assert carol.post(url, {"action": "use_credit"}).status_code == 302
    assert credit_of(cast.acme.id) == 0
    assert "There is no credit" in carol.post(url, {"action": "use_credit"}, follow=True).content.decode()
    assert cast.bob.client().get(url).status_code == 403
    assert cast.mallory.client().get(url).status_code == 404


def test_staff_look_into_a_statement_import_it_and_work_off_the_queue(cast: Cast, now: datetime) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    content = camt(
        [
            booked("121.00", now.date(), reference=invoice.reference),
            booked("121.00", now.date(), reference=invoice.reference),
            booked("50.00", now.date(), text="thanks", payer="Acme"),
            booked("5.00", now.date(), out=True, returned=True, payer_account="LT947300010000000456"),
            booked("7.00", now.date(), currency="USD"),
        ]
    )
    chief = staff_person("Cleo", StaffRole.CHIEF).client
    place = "/staff/billing/bankstatement/import/"
    assert chief.post(place, {}).status_code == 422
    bad = chief.post(place, {"file": SimpleUploadedFile("s.xml", b"<nothing/>")})
    assert (bad.status_code, "camt.053" in bad.content.decode()) == (422, True)
    page = chief.post(place, {"file": SimpleUploadedFile("s.xml", content)}).content.decode()
    assert invoice.number in page
    assert "Import 4 new payments" in page
    assert "7.00 USD" in page
    assert not Payment.objects.exists()
    packed = re.search(r'name="packed" value="([^"]+)"', page)
    assert packed
    again = {"packed": packed[1], "file_name": "s.xml", "import": "1"}
    assert chief.post(place, {**again, "packed": "rubbish!"}).status_code == 422
    assert chief.post(place, again).status_code == 302
    assert chief.post(place, again).status_code == 422  # imported before
    runner.drain()
    assert credit_of(cast.acme.id) == 121

    queue = chief.get("/staff/billing/payment/?queue=waiting").content.decode()
    assert "thanks" in queue
    unknown, returned = Payment.objects.get(amount=50), Payment.objects.get(kind="return")
    detail = chief.get(f"/staff/billing/payment/{unknown.pk}/change/").content.decode()
    assert cast.acme.slug in detail
    form = {"customer": cast.acme.slug, "reason": "They rang"}
    assert chief.post(f"/staff/billing/payment/{unknown.pk}/assign/", form).status_code == 302
    second = finalised_invoice(cast.acme.id, now=now)
    settle = {"number": second.number, "reason": "As they wish"}
    assert chief.post(f"/staff/billing/payment/{unknown.pk}/allocate/", settle).status_code == 302
    which = {"payment": unknown.pk, "reason": "The bank told us"}
    assert chief.post(f"/staff/billing/payment/{returned.pk}/return/", which).status_code == 302
    refund = {"customer": cast.acme.slug, "amount": "100", "reason": "They asked"}
    assert chief.post("/staff/billing/payment/refund/", refund).status_code == 302
    allocation = Allocation.objects.filter(reverses=None, reversal=None).first()
    assert allocation is not None
    undo = f"/staff/billing/allocation/{allocation.pk}/undo/"
    assert chief.post(undo, {"reason": "Wrong"}).status_code == 302
    assert chief.post(undo, {"reason": "Wrong"}).status_code == 403
    flag = PaymentFlag.objects.get()
    assert chief.post(f"/staff/billing/paymentflag/{flag.pk}/clear/", {"reason": "Seen"}).status_code == 302
    assert cast.acme.name in chief.get("/staff/billing/paymentflag/").content.decode()
    entry = chief.get("/staff/billing/journalentry/?q=" + unknown.pk).content.decode()
    assert "assigned" in entry
    books = chief.get("/staff/billing/journalentry/books/", {"first": "2026-01-01", "last": "2026-12-31"})
    assert 'id="total">€0.00<' in "".join(books.content.decode().split())
    days = {"first": "2026-11-01", "last": "2026-11-30"}
    journal = chief.get("/staff/billing/journalentry/books/", {**days, "journal": "csv"})
    assert b"receivable" in b"".join(journal.streaming_content)  # type: ignore[attr-defined]  # streamed
    support = staff_person("Sam", StaffRole.SUPPORT).client
    assert support.get("/staff/billing/payment/").status_code == 200
    assert support.post(place, again).status_code == 403
    assert support.post("/staff/billing/payment/refund/", refund).status_code == 403


def test_credit_pays_the_next_invoice_when_it_is_issued(cast: Cast, now: datetime) -> None:
    received_payment(cast.acme.id, "200.00", now=now)
    for customer in (cast.acme, cast.globex):
        invoice = finalised_invoice(customer.id, now=now)
        emit("invoice.finalised", now=now, customer_id=customer.id, subject=invoice.id)
    runner.drain()
    assert (credit_of(cast.acme.id), credit_of(cast.globex.id)) == (79, 0)
    assert Job.objects.filter(kind="billing.apply_credit", state="done").count() == 2


def test_the_watched_folder_is_looked_at_only_where_one_is_named(
    cast: Cast, now: datetime, tmp_path: Path, settings: Any
) -> None:
    old = tmp_path / "a.xml"
    old.write_bytes(camt([booked("1.00", now.date())]))
    os.utime(old, (now.timestamp() - 3600,) * 2)
    job = ClaimedJob(1, "billing.collect_statements", None, {}, 1, 1, 0, overdue=False)
    tasks.collect_statements(job, now=now)
    assert old.exists()
    settings.CAMT_FOLDER = str(tmp_path)
    tasks.collect_statements(job, now=now)
    assert not old.exists()
    assert Payment.objects.count() == 1


def test_the_commands_import_files_and_write_the_journal(cast: Cast, now: datetime, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(camt([booked("1.00", now.date()), booked("2.00", now.date(), currency="USD")]))
    bad.write_text("nothing")
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="2 refused"):
        call_command("import_camt", str(good), str(bad), str(tmp_path / "missing.xml"), stdout=out, stderr=err)
    assert "1 of 1 payments are new" in out.getvalue()
    assert "statement_unreadable" in err.getvalue()
    out = StringIO()
    call_command("ledger", "--from", "2026-11-01", "--to", "2026-11-30", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("entry,booked_on,")
    assert [line.split(",")[6:] for line in lines[1:]] == [["bank", "", "1.00", ""], ["unassigned", "", "", "1.00"]]
