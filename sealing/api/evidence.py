"""`/api/v1/seals/{id}/report` and `/receipt`: what proves a seal."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import renderers
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from kernel.api import CustomerView
from kernel.printing import print_pdf
from sealing.actions.issue_receipt import issue_receipt
from sealing.actions.report_on_seal import NotVerifiedHere, SealReport, report_on_seal
from sealing.api.evidence_representation import ReportRepresentation, represent_report
from sealing.api.views import AnyAnswer
from sealing.formats.verification.report import etsi_report
from trust.rules.jws import MEDIA_TYPE as JOSE

JSON, XML, PDF = "application/json", "application/xml", "application/pdf"


class SealReportView(CustomerView):
    """What is on record about a seal, and what its verification says now."""

    content_negotiation_class = AnyAnswer
    renderer_classes = [renderers.JSONRenderer]

    @extend_schema(
        operation_id="get_seal_report",
        summary="Read the evidence of a seal and verify it again",
        parameters=[
            OpenApiParameter(
                "Accept",
                str,
                OpenApiParameter.HEADER,
                description="application/xml answers with the verification by ETSI TS 119 102-2, application/pdf with"
                " the whole report to print.",
            )
        ],
        responses={
            (200, JSON): ReportRepresentation,
            (200, XML): OpenApiTypes.STR,
            (200, PDF): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, seal_id: str) -> HttpResponseBase:
        report = report_on_seal(actor=self.actor, seal_id=seal_id, now=self.now)
        accepted = request.headers.get("Accept", "")
        return report_in(report, next((each for each in (PDF, XML) if each in accepted), JSON))


class SealReceiptView(CustomerView):
    """The operator's signed word about a seal."""

    content_negotiation_class = AnyAnswer

    @extend_schema(
        operation_id="get_seal_receipt",
        summary="Download the signed receipt of a seal",
        description="A JSON Web Signature (RFC 7515, compact, ES256) by a key of the operator's that is published at"
        " `/.well-known/sealport-receipt-keys.json`. It never changes; once the file was archived, another one"
        " names the file as it is and as it was.",
        responses={(200, JOSE): OpenApiResponse(OpenApiTypes.STR, "The receipt.")},
    )
    def get(self, request: Request, seal_id: str) -> HttpResponseBase:
        return receipt_file(issue_receipt(actor=self.actor, seal_id=seal_id, now=self.now), seal_id)


def report_in(report: SealReport, media_type: str) -> HttpResponse:
    """The report as JSON, as XML by ETSI TS 119 102-2, or printed; raises `NotVerifiedHere` where XML has nothing to
    tell.
    """
    if media_type == XML:
        if report.validation is None:
            raise NotVerifiedHere(report.reason_text)
        return HttpResponse(
            etsi_report(report.validation.found, verified_at=report.reported_at), content_type=media_type
        )
    told = represent_report(report)
    if media_type == PDF:
        return HttpResponse(print_pdf("print/seal_report.html", {"report": report, "told": told}), content_type=PDF)
    return JsonResponse(told, encoder=JSONEncoder)


def receipt_file(jws: str, seal_id: str) -> HttpResponse:
    """A receipt to keep."""
    response = HttpResponse(jws, content_type=JOSE)
    response["Content-Disposition"] = f'attachment; filename="receipt-{seal_id}.jws"'
    return response
