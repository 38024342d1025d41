"""Documents on paper: a template becomes a PDF/A-3 that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file inside a PDF/A-3. `relationship` (ISO 32000-2, 7.11.3): `Alternative` says the same as the pages, `Data`
    is what they were made from."""

    name: str
    content: bytes
    description: str
    relationship: str
    made_at: datetime


class OutsideReference(Exception):
    """A template names something that is not ours to print; nothing is fetched from anywhere."""


def print_pdf(
    template: str, context: Mapping[str, Any], *, enclosures: Sequence[Enclosure] = (), xmp: bytes = b""
) -> bytes:
    """A PDF/A-3u, from a template that extends `print/base.html`, in the language of the moment.

    All that is written in `context` is escaped, and no address is asked but `asset:` for our own fonts and pictures;
    raises `OutsideReference` for any other. `xmp` are `rdf:Description` elements that the metadata has, too.
    """
    # The library loads Pango, which only those who print need.
    from weasyprint import HTML, Attachment
    from weasyprint.urls import FatalURLFetchingError

    html = render_to_string(template, dict(context))
    files = [
        Attachment(
            string=enclosure.content,
            name=enclosure.name,
            description=enclosure.description,
            relationship=enclosure.relationship,
            created=enclosure.made_at,
            modified=enclosure.made_at,
        )
        for enclosure in enclosures
    ]
    try:
        printed = HTML(string=html, url_fetcher=_static_only()).write_pdf(
            pdf_variant="pdf/a-3u", pdf_tags=True, attachments=files or None, finisher=_finisher(xmp)
        )
    except FatalURLFetchingError as error:
        raise OutsideReference(str(error)) from error
    return bytes(printed or b"")


def _finisher(xmp: bytes) -> Callable[[Any, Any], None]:
    """Names every file inside once, and puts `xmp` where it belongs: XMP has one `rdf:RDF` only."""

    def finish(_document: Any, pdf: Any) -> None:
        if files := pdf.catalog.get("AF"):
            pdf.catalog["AF"][:] = dict.fromkeys(files)
        if xmp:
            metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
            metadata.stream = [part.replace(b"</rdf:RDF>", xmp + b"</rdf:RDF>") for part in metadata.stream]

    return finish


def _static_only() -> URLFetcher:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class StaticOnly(URLFetcher):
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
            address = urlsplit(url)
            found = finders.find(unquote(address.path)) if address.scheme == "asset" else None
            if found is None:
                raise OutsideReference(url)
            kind = guess_type(found)[0] or "application/octet-stream"
            return URLFetcherResponse(url, Path(found).read_bytes(), {"Content-Type": kind})

    return StaticOnly(fail_on_errors=True)
