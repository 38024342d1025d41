"""`GET /api/v1/invoices` and `/invoices/{number}`: documents as JSON, and as the files that were made of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.usage import Amount, UnitPrice
from billing.queries.invoice_files import invoice_file
from billing.queries.invoice_pages import InvoicePage, ShownLine, Standing, invoice_seen_by, invoices_seen_by
from kernel.api import CustomerView
from kernel.clock import legal_date


class _FileRenderer(BaseRenderer):
    """Tells the framework that a media type can be had; the view answers with the file as it is kept."""


class PdfRenderer(_FileRenderer):
    media_type = "application/pdf"
    format = "pdf"


class UblRenderer(_FileRenderer):
    media_type = "application/xml;profile=ubl"
    format = "ubl"


class CiiRenderer(_FileRenderer):
    media_type = "application/xml;profile=cii"
    format = "cii"


class CsvRenderer(_FileRenderer):
    media_type = "text/csv"
    format = "csv"


class StandingSerializer(serializers.Serializer[Standing]):
    """How a document stands; amounts in EUR with VAT but for `net`."""

    number = serializers.CharField()
    kind = serializers.CharField(help_text="`invoice`, `credit_note` or `interest_note`.")
    state = serializers.CharField(help_text="`sending`, `due`, `overdue`, `paid` or `credit`.")
    issued_on = serializers.DateField()
    due_on = serializers.DateField(allow_null=True, help_text="The last day for paying; null until it is delivered.")
    paid_on = serializers.DateField(allow_null=True, help_text="Value date of the last payment.")
    net = Amount()
    vat = Amount()
    gross = Amount()
    open = Amount(help_text="What is left to pay.")


class LineSerializer(serializers.Serializer[ShownLine]):
    """A line; amounts in EUR without VAT."""

    position = serializers.IntegerField(source="line.position")
    kind = serializers.CharField(source="line.kind")
    name = serializers.CharField(source="words.name")
    sum = serializers.CharField(source="words.sum", help_text="How the amount comes about.")
    quantity = serializers.IntegerField(source="line.quantity")
    unit_price = UnitPrice(source="line.unit_price")
    net = Amount(source="line.net")
    starts_on = serializers.DateField(source="line.from_on", allow_null=True)
    ends_on = serializers.DateField(source="line.until_on", allow_null=True)


class DocumentSerializer(serializers.Serializer[InvoicePage]):
    """A document with its lines and what settled it."""

    number = serializers.CharField(source="invoice.number")
    standing = StandingSerializer()
    reference = serializers.CharField(source="invoice.reference", help_text="To be named when paying (ISO 11649).")
    currency = serializers.CharField(source="invoice.currency")
    vat_category = serializers.CharField(source="invoice.vat_category", help_text="By EN 16931, such as S or AE.")
    vat_rate = serializers.DecimalField(source="invoice.vat_rate", max_digits=5, decimal_places=2)
    vat_words = serializers.CharField(help_text="Why no VAT is charged; empty where it is.")
    credits = serializers.CharField(source="invoice.credited_number", help_text="The invoice that a note credits.")
    lines = LineSerializer(many=True)
    formats = serializers.ListField(child=serializers.CharField(), help_text="What it can be fetched as.")


class InvoicesSerializer(serializers.Serializer[Any]):
    items = StandingSerializer(many=True, source="rows")
    open = Amount(help_text="Of all together.")
    overdue = Amount()
    credit = Amount(help_text="What was paid or credited and has settled nothing yet.")


class InvoicesView(CustomerView):
    """Needs the scope `billing.read`; test tokens see the invoices too."""

    @extend_schema(
        operation_id="invoices", summary="Invoices, credit notes and interest notes", responses=InvoicesSerializer
    )
    def get(self, request: Request) -> Response:
        return Response(InvoicesSerializer(invoices_seen_by(self.actor, on=legal_date(self.now))).data)


class InvoiceView(CustomerView):
    """Needs the scope `billing.read`. `Accept` chooses: JSON, or a file as it was sealed and kept."""

    renderer_classes = (JSONRenderer, PdfRenderer, UblRenderer, CiiRenderer, CsvRenderer)

    @extend_schema(
        operation_id="invoice",
        summary="A document, or one of its files",
        responses={
            (200, "application/json"): DocumentSerializer,
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "The sealed PDF/A-3 with Factur-X inside."),
            (200, "application/xml;profile=ubl"): OpenApiResponse(OpenApiTypes.BINARY, "UBL 2.1, Peppol BIS 3.0."),
            (200, "application/xml;profile=cii"): OpenApiResponse(OpenApiTypes.BINARY, "UN/CEFACT CII, EN 16931."),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "The deliveries of the months charged."),
        },
    )
    def get(self, request: Request, number: str) -> Any:
        kind = request.accepted_renderer.format
        if kind == "json":
            page = invoice_seen_by(self.actor, number=number, on=legal_date(self.now))
            return Response(DocumentSerializer(page).data)
        file = invoice_file(self.actor, number, kind)
        return HttpResponse(file.content, content_type=file.media_type)
