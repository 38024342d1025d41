"""Legal documents on the public site: every version, readable as an article and to be kept as a file."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.forms.documents import ArchiveForm
from accounts.models import LegalDocument
from accounts.queries.documents import (
    published_countries,
    published_text,
    published_version,
    published_versions,
    sealed_documents,
    sealed_file,
)
from accounts.rules.documents import blocks
from kernel import clock


@require_safe
def legal_documents(request: HttpRequest) -> HttpResponse:
    """All documents, each with its versions by date; those for one audience, country or language if asked."""
    today = clock.legal_date(clock.now())
    form = ArchiveForm(request.GET or None, countries=published_countries())
    asked = form.cleaned_data if form.is_valid() else {}
    documents = published_versions(today, **asked)
    sealed = sealed_documents(text for _kind, versions in documents for version in versions for text in version.texts)
    context = {"documents": documents, "today": today, "form": form, "sealed": sealed, "languages": _languages()}
    return render(request, "accounts/legal_documents.html", context)


@require_safe
def legal_document(request: HttpRequest, kind: str, version: str) -> HttpResponse:
    """One version as an article, in the language that is asked for, else in the reader's if there is such a text."""
    today = clock.legal_date(clock.now())
    shown, versions = published_version(kind, version, on=today)
    text = shown.text_for(request.GET.get("language", "") or get_language() or "")
    context = {
        "shown": shown,
        "text": text,
        "versions": versions,
        "blocks": blocks(text.text),
        "sealed": sealed_documents([text]),
        "languages": _languages(),
        "today": today,
    }
    return render(request, "accounts/legal_document.html", context)


@require_safe
def legal_text(request: HttpRequest, kind: str, version: str) -> HttpResponse:
    """The text whose hash stands in the acceptance, byte by byte (clause D10)."""
    document = _asked(request, kind, version)
    return _download(document.text.encode(), document, "text/plain; charset=utf-8", "txt")


@require_safe
def legal_pdf(request: HttpRequest, kind: str, version: str) -> HttpResponse:
    """The file that the operator sealed (clause D10); not found until it is made."""
    document = _asked(request, kind, version)
    return _download(bytes(sealed_file(document.id).content), document, "application/pdf", "pdf")


def _asked(request: HttpRequest, kind: str, version: str) -> LegalDocument:
    today = clock.legal_date(clock.now())
    return published_text(kind, version, language=request.GET.get("language", ""), on=today)


def _download(content: bytes, document: LegalDocument, content_type: str, ending: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    name = f"{document.kind}-{document.version}-{document.language}.{ending}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _languages() -> dict[str, str]:
    return dict(settings.LANGUAGES)
