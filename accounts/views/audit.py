"""The customer's audit trail."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.actions.export_audit import EVIDENCE, export_audit
from accounts.api.audit import representation
from accounts.forms.audit import AuditFilterForm
from accounts.queries.audit import AuditRow, actors_of, audit_page
from accounts.queries.audit_words import GROUPS
from accounts.views._steps import actor_of
from kernel import clock
from kernel.api import decode_cursor, encode_cursor
from kernel.audit_chain import moment
from kernel.audit_trail import KINDS
from kernel.cells import safe_cell
from kernel.errors import InvalidInput

ROWS = 25
COLUMNS = (
    "number",
    "at",
    "action",
    "what",
    "actor_kind",
    "actor_id",
    "actor_name",
    "subject",
    "reason",
    "details",
    "request_id",
    "hash",
)


@require_safe
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first, narrowed by what stands in the address."""
    actor, form = actor_of(request), AuditFilterForm(request.GET)
    asked = form.asked
    page = audit_page(actor, asked, after=_cursor(request), limit=ROWS)
    context = {
        "page": page,
        "asked": asked,
        "since": form["since"].value() or "",
        "until": form["until"].value() or "",
        "group": form["group"].value() or "",
        "narrowed": any(value for name, value in request.GET.items() if name != "cursor"),
        "kinds": list(KINDS),
        "actors": actors_of(actor),
        "groups": GROUPS.items(),
        "filters": _without_cursor(request),
        "next_cursor": encode_cursor(str(page.next_after)) if page.next_after else None,
    }
    return render(request, "accounts/audit.html", context)


@require_safe
def audit_csv(request: HttpRequest) -> HttpResponseBase:
    """The narrowed trail for a spreadsheet."""
    now = clock.now()
    rows = export_audit(actor=actor_of(request), asked=AuditFilterForm(request.GET).asked, form="csv", now=now)
    return _as_file(_lines(rows), "text/csv; charset=utf-8", "audit", "csv", now)


@require_safe
def audit_json(request: HttpRequest) -> HttpResponseBase:
    """The narrowed trail for programs: one JSON array, as in the API."""
    now = clock.now()
    rows = export_audit(actor=actor_of(request), asked=AuditFilterForm(request.GET).asked, form="json", now=now)
    return _as_file(_array(representation(row) for row in rows), "application/json", "audit", "json", now)  # type: ignore[arg-type]


@require_safe
def audit_evidence(request: HttpRequest) -> HttpResponseBase:
    """The whole trail with everything that proves it, for `verify_audit.py`."""
    now = clock.now()
    parts = export_audit(actor=actor_of(request), asked=AuditFilterForm({}).asked, form=EVIDENCE, now=now)
    lines = (json.dumps(part, ensure_ascii=False, separators=(",", ":")) + "\n" for part in parts)
    return _as_file(lines, "application/x-ndjson", "audit-evidence", "jsonl", now)


def _as_file(content: Iterable[str], media_type: str, stem: str, ending: str, now: datetime) -> HttpResponseBase:
    response = StreamingHttpResponse(content, content_type=media_type)
    name = f"{stem}-{clock.legal_date(now)}.{ending}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response


def _lines(rows: Iterable[Any]) -> Iterator[str]:
    yield _line(COLUMNS)
    for row in rows:
        yield _line(_cells(row))


def _cells(row: AuditRow) -> tuple[object, ...]:
    entry = row.entry
    details = json.dumps(dict(row.facts), ensure_ascii=False, sort_keys=True)
    who = (entry.actor_kind, entry.actor_id, row.who)
    what = (row.number, moment(entry.at), entry.action, row.sentence)
    return (*what, *who, entry.subject, row.reason, details, entry.request_id, row.hash.hex())


def _line(cells: Iterable[object]) -> str:
    text = StringIO()
    csv.writer(text).writerow(safe_cell(cell) for cell in cells)
    return text.getvalue()


def _array(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    opening = "["
    for item in items:
        yield opening + json.dumps(item, ensure_ascii=False)
        opening = ",\n"
    yield "[]" if opening == "[" else "]\n"


def _cursor(request: HttpRequest) -> int | None:
    given = request.GET.get("cursor")
    try:
        return int(decode_cursor(given)[:18]) if given else None
    except (InvalidInput, ValueError):
        return None


def _without_cursor(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    return query.urlencode()
