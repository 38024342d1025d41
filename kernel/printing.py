"""Documents on paper: a template becomes a PDF/A-3 that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher


class OutsideReference(Exception):
    """A template names something that is not ours to print; nothing is fetched from anywhere."""


def print_pdf(template: str, context: Mapping[str, Any]) -> bytes:
    """A PDF/A-3u, from a template that extends `print/base.html`, in the language of the moment.

    All that is written in `context` is escaped, and no address is asked but `asset:` for our own fonts and pictures;
    raises `OutsideReference` for any other.
    """
    # The library loads Pango, which only those who print need.
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    html = render_to_string(template, dict(context))
    try:
        printed = HTML(string=html, url_fetcher=_static_only()).write_pdf(pdf_variant="pdf/a-3u", pdf_tags=True)
    except FatalURLFetchingError as error:
        raise OutsideReference(str(error)) from error
    return bytes(printed or b"")


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
