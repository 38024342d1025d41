"""The door for people to what proves a seal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from kernel import clock
from kernel.actor import Actor
from sealing.actions.issue_receipt import issue_receipt
from sealing.actions.report_on_seal import report_on_seal
from sealing.api.evidence import JSON, PDF, XML, receipt_file, report_in
from sealing.queries.evidence import evidence

_MEDIA_TYPES = {"pdf": PDF, "json": JSON, "xml": XML}


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


@require_GET
def evidence_page(request: HttpRequest, seal_id: str) -> HttpResponse:
    """From the database alone, so that it is there when the HSM is not."""
    found = evidence(_actor(request), seal_id)
    return render(request, "sealing/seal_evidence.html", {"seal": found.seal, "evidence": found})


@require_GET
def seal_report(request: HttpRequest, seal_id: str) -> HttpResponse:
    """To keep: `?format=pdf`, the default, `json` or `xml`."""
    wanted = request.GET.get("format", "")
    extension = wanted if wanted in _MEDIA_TYPES else "pdf"
    report = report_on_seal(actor=_actor(request), seal_id=seal_id, now=clock.now())
    response = report_in(report, _MEDIA_TYPES[extension])
    name = f"report-{report.evidence.seal.id}.{extension}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response


@require_GET
def seal_receipt(request: HttpRequest, seal_id: str) -> HttpResponse:
    return receipt_file(issue_receipt(actor=_actor(request), seal_id=seal_id, now=clock.now()), seal_id)
