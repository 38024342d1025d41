"""The files of a document: sealed PDF, UBL, CII, and the deliveries that it charges beyond the plan, as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from billing.models import BillingDetails, BillingPeriod, Invoice, InvoiceFile, InvoiceLine, UsageEvent
from kernel.actor import Actor
from kernel.cells import safe_cell
from kernel.errors import NotFound

Format = InvoiceFile.Format
CSV_FORMAT = "csv"
_MOST_ROWS_MAILED = 5000  # about 0.7 MB; a longer list is fetched from the portal
_COLUMNS = ("billing_period", "occurred_at", "meter", "quantity", "source_type", "source_id", "late")
_MEDIA = {
    Format.PDF: ("pdf", "application/pdf"),
    Format.UBL: ("ubl.xml", "application/xml"),
    Format.CII: ("cii.xml", "application/xml"),
}


@dataclass(frozen=True, kw_only=True)
class FileToRead:
    """A file with the name under which it is saved."""

    name: str
    content: bytes
    media_type: str


def invoice_file(actor: Actor, number: str, kind: str) -> FileToRead:
    """One file of a document of the actor's customer: `pdf`, `ubl`, `cii` or `csv`.

    Raises `Forbidden` without `billing.read`, `NotFound` for a stranger's document and for files there are none of.
    """
    actor.require("billing.read")
    invoice = Invoice.objects.finalised().filter(customer_id=actor.customer, number=number).first()
    if invoice is None:
        raise NotFound
    if kind == CSV_FORMAT:
        return _usage(invoice)
    stored = InvoiceFile.objects.filter(invoice=invoice, format=kind).select_related("invoice").first()
    if stored is None:
        raise NotFound
    return as_file(stored)


def file_formats(invoice_id: str) -> tuple[str, ...]:
    """The formats in which a document can be fetched, in a fixed order."""
    stored = set(InvoiceFile.objects.filter(invoice_id=invoice_id).values_list("format", flat=True))
    found = [kind.value for kind in (Format.PDF, Format.UBL, Format.CII) if kind.value in stored]
    return (*found, CSV_FORMAT) if _periods(invoice_id) else tuple(found)


def files_to_mail(invoice_id: str) -> list[FileToRead]:
    """What goes with the mail: the PDF, the electronic invoice that the customer wants, and the deliveries if few."""
    invoice = Invoice.objects.get(pk=invoice_id)
    row = BillingDetails.objects.filter(pk=invoice.customer_id).first()
    wanted = {Format.PDF.value, row.attached_format if row else Format.PDF.value}
    stored = InvoiceFile.objects.filter(invoice=invoice, format__in=wanted).select_related("invoice").order_by("id")
    files = [as_file(each) for each in stored]
    rows = UsageEvent.objects.filter(billing_period__in=_periods(invoice_id)).count()
    return [*files, _usage(invoice)] if 0 < rows <= _MOST_ROWS_MAILED else files


def as_file(stored: InvoiceFile) -> FileToRead:
    """A kept file under the name that everybody gets it by."""
    ending, media_type = _MEDIA[Format(stored.format)]
    return FileToRead(name=f"{stored.invoice.number}.{ending}", content=bytes(stored.content), media_type=media_type)


def _periods(invoice_id: str) -> list[int]:
    """The months of which deliveries beyond the plan are charged."""
    charged = InvoiceLine.objects.filter(invoice_id=invoice_id, kind=InvoiceLine.Kind.OVERAGE)
    return [*charged.exclude(billing_period=None).values_list("billing_period_id", flat=True)]


def _usage(invoice: Invoice) -> FileToRead:
    """All deliveries of the months charged, so that the included ones can be counted, too."""
    periods = _periods(invoice.id)
    if not periods:
        raise NotFound
    starts = dict(BillingPeriod.objects.filter(id__in=periods).values_list("id", "starts_at"))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    events = UsageEvent.objects.filter(billing_period__in=periods).order_by("occurred_at", "id")
    for event in events.iterator(chunk_size=2000):
        told = [starts[event.billing_period_id], *(getattr(event, name) for name in _COLUMNS[1:])]
        writer.writerow([safe_cell(value) for value in told])
    name = f"{invoice.number}-usage.csv"
    return FileToRead(name=name, content=text.getvalue().encode(), media_type="text/csv; charset=utf-8")
