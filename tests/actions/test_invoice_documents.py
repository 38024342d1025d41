"""An invoice becomes files with the operator's seal, is delivered once, and explains itself."""

from __future__ import annotations

import subprocess
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core import mail

from billing.actions.credit_invoice import credit_invoice
from billing.actions.deliver_invoice import deliver_invoice
from billing.actions.file_invoice import file_invoice
from billing.actions.mail_invoice import mail_invoice
from billing.models import BillingDetails, Invoice, InvoiceFile, InvoiceMail, UsageEvent
from billing.queries.invoice_printing import printed_invoice
from billing.rules.vat import OUTSIDE_VAT
from kernel import clock, runner
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.models import Event, Job
from kernel.outbox import emit
from tests.cast import Cast
from tests.einvoices import broken_rules, schema_errors
from tests.factories.documents import OUTSIDE_EU, REVERSE_CHARGE, charged, issued, line, month_lines
from tests.second_opinions import assert_validly_sealed

SYSTEM = Actor.system("tests")


def text_of(pdf: bytes, tmp_path: Path) -> str:
    (tmp_path / "text.pdf").write_bytes(pdf)
    told = subprocess.run(["pdftotext", tmp_path / "text.pdf", "-"], capture_output=True, text=True, check=True)
    return " ".join(told.stdout.split())


def finalise(invoice: Invoice, now: datetime) -> None:
    emit(
        "invoice.finalised",
        now=now,
        customer_id=invoice.customer_id,
        subject=invoice.id,
        payload={"number": invoice.number},
    )
    runner.drain()


def test_a_finalised_invoice_is_sealed_by_the_operator_filed_and_delivered_once(
    sealing_cast: Cast, settings: Any, tmp_path: Path
) -> None:
    acme, now = sealing_cast.acme, clock.now()
    settings.OPERATOR_CUSTOMER = acme.slug
    BillingDetails.objects.create(
        customer=acme, emails=["bills@acme.example"], attached_format="ubl", order_number="PO 7 & <8>", changed_at=now
    )
    invoice = issued(acme.id, month_lines(acme.id, now=now), now=now)
    metered = UsageEvent.objects.count()
    mail.outbox.clear()
    finalise(invoice, now)
    finalise(invoice, now)

    files = {file.format: bytes(file.content) for file in InvoiceFile.objects.filter(invoice=invoice)}
    assert set(files) == {"pdf", "ubl", "cii"}
    path = tmp_path / "invoice.pdf"
    path.write_bytes(files["pdf"])
    assert_validly_sealed(path)
    assert_holds_its_data(files["pdf"], files["cii"])
    assert [schema_errors(files[kind]) for kind in ("ubl", "cii")] == [[], []]
    assert broken_rules({kind: files[kind] for kind in ("ubl", "cii")}) == {"ubl": [], "cii": []}
    assert UsageEvent.objects.count() == metered

    invoice.refresh_from_db()
    assert invoice.received_at is not None
    assert Event.objects.filter(name="invoice.delivered", subject=invoice.id).count() == 1
    [letter] = [each for each in mail.outbox if each.to == ["bills@acme.example"]]
    assert [name for name, _content, _kind in letter.attachments] == [
        f"{invoice.number}.pdf",
        f"{invoice.number}.ubl.xml",
        f"{invoice.number}-usage.csv",
    ]
    [sent] = InvoiceMail.objects.all()
    assert (sent.state, letter.extra_headers["Message-ID"].startswith(f"<{sent.id}@")) == ("sent", True)
    noticed = {each.to[0] for each in mail.outbox if each.subject == f"Invoice {invoice.number}"}
    assert noticed == {member.person.email for member in (sealing_cast.alice, sealing_cast.carol)}

    text = text_of(files["pdf"], tmp_path)
    for told in ("620 used − 500 included = 120 × €0.25 = €30.00", "Seals beyond the plan in November 2026", "€187.55"):
        assert told in text, text
    assert "PO 7 & <8>" in text
    with pikepdf.open(path) as pdf:
        links = [str(each.A.URI) for page in pdf.pages for each in page.get("/Annots", []) if "/A" in each]
    assert any(link.endswith(f"/c/{acme.slug}/usage/?period=2026-11") for link in links)


def assert_holds_its_data(pdf: bytes, cii: bytes) -> None:
    """Factur-X: one associated file, the same as kept by itself, and XMP that says so; still PDF/A-3 when sealed."""
    with pikepdf.open(BytesIO(pdf)) as document:
        [found] = document.Root.AF
        assert str(found.AFRelationship) == "/Alternative"
        assert (str(found.UF), str(found.EF.F.Subtype)) == ("factur-x.xml", "/text/xml")
        assert found.EF.F.read_bytes() == cii
        assert [*document.attachments] == ["factur-x.xml"]
        with document.open_metadata() as told:
            assert told.pdfa_status == "3U"
            fx = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
            names = ("DocumentType", "DocumentFileName", "Version", "ConformanceLevel")
            assert [told[fx + name] for name in names] == ["INVOICE", "factur-x.xml", "1.0", "EN 16931"]
        assert document.Root.Metadata.read_bytes().count(b"<rdf:RDF") == 1


@pytest.fixture
def printed(cast: Cast, now: datetime) -> Invoice:
    invoice = issued(cast.acme.id, [charged(cast.acme.id, "100.00", now=now)], now=now)
    file_invoice(actor=SYSTEM, invoice_id=invoice.id, pdf=b"%PDF", ubl=b"<u/>", cii=b"<c/>", now=now)
    return invoice


def test_without_the_operators_certificate_the_invoice_keeps_its_number_and_waits(
    cast: Cast, settings: Any, now: datetime
) -> None:
    invoice = issued(cast.acme.id, [charged(cast.acme.id, "100.00", now=now)], now=now)
    settings.OPERATOR_CUSTOMER = "nobody"
    finalise(invoice, now)
    jobs = Job.objects.filter(kind="sealing.seal_invoice")
    assert {(job.state, job.payload["subject"]) for job in jobs} == {("queued", invoice.id)}
    assert all("operator_seal_missing" in job.last_error for job in jobs)
    invoice.refresh_from_db()
    assert (invoice.number, invoice.received_at, invoice.files.count()) == ("INV-2026-000001", None, 0)
    with pytest.raises(NotFound):
        deliver_invoice(actor=SYSTEM, invoice_id=invoice.id, now=now)


def test_files_once_kept_stay(printed: Invoice, now: datetime) -> None:
    file_invoice(actor=SYSTEM, invoice_id=printed.id, pdf=b"other", ubl=b"", cii=b"", now=now)
    assert sorted(bytes(file.content) for file in printed.files.all()) == [b"%PDF", b"<c/>", b"<u/>"]
    assert printed_invoice(printed.id, now=now) is None


@pytest.mark.parametrize(
    ("moment", "due"),
    [("2026-12-01T21:59:59Z", "2026-12-31"), ("2026-12-01T22:00:00Z", "2027-01-01")],
)
def test_it_is_due_thirty_days_after_the_legal_day_of_delivery_and_delivered_once(
    printed: Invoice, moment: str, due: str
) -> None:
    at = datetime.fromisoformat(moment)
    for _again in range(2):
        deliver_invoice(actor=SYSTEM, invoice_id=printed.id, now=at)
    printed.refresh_from_db()
    assert (printed.received_at, printed.due_on and printed.due_on.isoformat()) == (at, due)
    assert Event.objects.filter(name="invoice.delivered").count() == 1


def test_a_mail_whose_row_was_lost_is_sent_again_under_the_same_message_id(
    cast: Cast, printed: Invoice, now: datetime
) -> None:
    BillingDetails.objects.create(customer=cast.acme, emails=["a@acme.example", "b@acme.example"], changed_at=now)
    deliver_invoice(actor=SYSTEM, invoice_id=printed.id, now=now)
    runner.drain()
    first = InvoiceMail.objects.get(email="a@acme.example")
    InvoiceMail.objects.filter(pk=first.pk).update(state="queued", sent_at=None)
    mail_invoice(mail_id=first.id, now=now)
    with pytest.raises(NotFound):
        mail_invoice(mail_id=first.id, now=now)
    sent = [each.extra_headers["Message-ID"] for each in mail.outbox if each.to == ["a@acme.example"]]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert len([each for each in mail.outbox if each.to == ["b@acme.example"]]) == 1


def test_golden_documents_of_every_kind_are_printed_and_valid(cast: Cast, now: datetime, tmp_path: Path) -> None:
    acme = cast.acme.id
    standard = issued(acme, month_lines(acme, now=now), now=now, language="lt")
    many = [charged(acme, "0.33", now=now, words=f"Service <{number}> & Sons") for number in range(60)]
    abroad = {"country": "EE", "vat_number": "EE100366327", "register_number": "12345678", "city": "Tallinn"}
    documents = {
        "standard": standard,
        "many": issued(acme, many, now=now, language="et"),
        "reverse": issued(
            acme, [charged(acme, "780.00", now=now)], now=now, vat=REVERSE_CHARGE, buyer=abroad, language="lv"
        ),
        "outside": issued(
            acme,
            [charged(acme, "9.99", now=now)],
            now=now,
            vat=OUTSIDE_EU,
            buyer={"country": "US", "vat_number": "", "name": "Very Long Names & Sons " * 8},
        ),
        "credit": credit_invoice(
            actor=SYSTEM,
            invoice_id=standard.id,
            key="credit",
            reason="The order was cancelled",
            amounts={1: Decimal("125.00")},
            now=now,
        ),
        "a cent": issued(acme, [charged(acme, "0.01", now=now)], now=now),
    }
    printed = {name: printed_invoice(invoice.id, now=now) for name, invoice in documents.items()}
    written = {f"{kind} {name}": getattr(each, kind) for name, each in printed.items() for kind in ("ubl", "cii")}
    assert {name: schema_errors(content) for name, content in written.items() if schema_errors(content)} == {}
    assert {name: failed for name, failed in broken_rules(written).items() if failed} == {}
    for name, each in printed.items():
        assert each is not None
        assert_holds_its_data(each.pdf, each.cii)
        (tmp_path / f"{name}.pdf").write_bytes(each.pdf)
        text = text_of(each.pdf, tmp_path)
        expected = {"many": "Service <59> & Sons", "reverse": "2006/112/E", "credit": str(standard.number)}
        assert expected.get(name, "") in text, name
        assert "The order was cancelled" not in text, "the program's own reason is in the document's language"


def test_a_note_of_late_interest_is_a_pdf_alone(cast: Cast, now: datetime, tmp_path: Path) -> None:
    overdue = issued(cast.acme.id, [charged(cast.acme.id, "1000.00", now=now)], now=now)
    told = line(
        "interest",
        1,
        "7.26",
        overdue_invoice=overdue,
        interest_from=date(2026, 12, 31),
        interest_until=date(2027, 1, 30),
        principal="1210.00",
        days=30,
    )
    note = issued(cast.acme.id, [told], now=now, kind="interest_note", vat=OUTSIDE_VAT)
    made = printed_invoice(note.id, now=now)
    assert made is not None
    assert (made.ubl, made.cii) == (b"", b"")
    text = text_of(made.pdf, tmp_path)
    assert "€1,210.00 × 0.02 % × 30 days = €7.26" in text
    assert f"Late interest on {overdue.number}, 31 December 2026 to 29" in text
    assert note.gross == Decimal("7.26")
