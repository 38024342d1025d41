"""Legal documents on the public site: every version, readable as an article and to be kept as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.queries.contract import published_document, published_documents
from accounts.rules.documents import blocks
from kernel import clock


@require_safe
def legal_documents(request: HttpRequest) -> HttpResponse:
    """All documents, each with its versions by date."""
    today = clock.legal_date(clock.now())
    return render(request, "accounts/legal_documents.html", {"documents": published_documents(today), "today": today})


@require_safe
def legal_document(request: HttpRequest, kind: str, version: str) -> HttpResponse:
    """One version as an article."""
    today = clock.legal_date(clock.now())
    shown, versions = published_document(kind, version, on=today)
    context = {"shown": shown, "versions": versions, "blocks": blocks(shown.document.text), "today": today}
    return render(request, "accounts/legal_document.html", context)


@require_safe
def legal_text(request: HttpRequest, kind: str, version: str) -> HttpResponse:
    """The text whose hash stands in the acceptance, byte by byte (clause D10)."""
    document = published_document(kind, version, on=clock.legal_date(clock.now()))[0].document
    response = HttpResponse(document.text, content_type="text/plain; charset=utf-8")
    name = f"{document.kind}-{document.version}-{document.language}.txt"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response
