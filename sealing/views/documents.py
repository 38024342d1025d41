"""The room of documents: find, label, share, download and delete them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.queries import colleagues_of
from kernel import clock
from kernel.actor import Actor
from kernel.api import decode_cursor, encode_cursor
from kernel.cells import safe_cell
from kernel.clock import legal_date
from kernel.errors import Forbidden, InvalidInput, NotFound, Refusal
from sealing.actions.change_labels import change_labels
from sealing.actions.create_label import create_label
from sealing.actions.delete_documents import NameNotConfirmed, SealInProgress, delete_documents
from sealing.actions.delete_label import delete_label
from sealing.actions.download_documents import download_documents
from sealing.actions.rename_label import rename_label
from sealing.actions.share_document import share_document
from sealing.actions.unshare_document import unshare_document
from sealing.forms import DocumentFilter
from sealing.queries import documents as queries
from sealing.queries.documents import DocumentRow
from sealing.queries.labels import labels_of
from sealing.queries.visibility import PROGRAMS, Selection
from sealing.rules.seal_states import SealStatus

ROWS = 25
"""Half a page of the API: a page for people should arrive at once."""

CSV_COLUMNS = (
    "document",
    "reference",
    "status",
    "labels",
    "format",
    "level",
    "live",
    "bytes",
    "sealed_bytes",
    "asked_for_by",
    "accepted_at",
    "sealed_at",
    "timestamp_authority",
    "id",
)


@require_safe
def documents_page(request: HttpRequest) -> HttpResponse:
    """The list, narrowed by what stands in the address; htmx takes only the part that changes."""
    actor, asked = _actor(request), DocumentFilter(request.GET)
    selection = asked.selection
    page = queries.documents_page(actor, selection, after=_cursor(request), limit=ROWS)
    context = {
        "page": page,
        "asked": selection,
        "since": asked["since"].value() or "",
        "until": asked["until"].value() or "",
        "narrowed": any(value for name, value in request.GET.items() if name != "cursor"),
        "filters": _without(request.GET, "cursor"),
        "statuses": [status.value for status in SealStatus],
        "programs": PROGRAMS,
        "next_cursor": encode_cursor(page.next_after) if page.next_after else None,
    }
    if "HX-Request" not in request.headers:
        everybody = actor.may("seal.read_all") and actor.may("seal.create")
        context["colleagues"] = colleagues_of(actor) if everybody else []
        context["stored"] = queries.stored_of(actor)
    return render(request, "sealing/seals.html", context)


@require_safe
def documents_csv(request: HttpRequest) -> HttpResponseBase:
    """The list as a file, narrowed in the same way."""
    actor, selection = _actor(request), DocumentFilter(request.GET).selection
    actor.require("seal.read")
    response = StreamingHttpResponse(
        _lines(queries.every_document(actor, selection)), content_type="text/csv; charset=utf-8"
    )
    return _as_file(response, f"documents-{legal_date(clock.now())}.csv")


@require_safe
def documents_zip(request: HttpRequest) -> HttpResponseBase:
    """The sealed files of what was ticked, or of the narrowed list."""
    if "chosen" in request.GET and not _ids(request):
        messages.warning(request, _("Choose documents first."))
        return redirect("seals")
    download = download_documents(
        actor=_actor(request), selection=DocumentFilter(request.GET).selection, now=clock.now()
    )
    return _as_file(StreamingHttpResponse(download.parts, content_type="application/zip"), download.name)


@require_http_methods(["GET", "HEAD", "POST"])
def document_labels(request: HttpRequest) -> HttpResponse:
    """Which labels the ticked documents have, and which they should have."""
    actor, ids = _actor(request), tuple(_ids(request))
    if request.method == "POST":
        return _change_labels(request, actor, ids, clock.now())
    page = queries.documents_page(actor, Selection(ids=ids), limit=max(len(ids), 1))
    return render(request, "sealing/document_labels.html", _labels_context(page))


@require_http_methods(["GET", "HEAD", "POST"])
def labels_page(request: HttpRequest) -> HttpResponse:
    """All labels; every button posts its name as `action`."""
    actor = _actor(request)
    if request.method == "POST":
        return _act(request, _change_label, redirect("labels"))
    return render(request, "sealing/labels.html", {"labels": labels_of(actor, counted=True)})


@require_http_methods(["GET", "HEAD", "POST"])
def sharing_page(request: HttpRequest, seal_id: str) -> HttpResponse:
    """Who sees the documents of one seal besides its owner and the administrators."""
    actor = _actor(request)
    if request.method == "POST":
        return _act(request, _change_sharing, redirect("document_sharing", seal_id=seal_id), seal_id=seal_id)
    row = queries.document_row(actor, seal_id)
    shares = queries.shares_of(actor, seal_id)
    known = {share.member_id for share in shares} | {row.seal.requested_by}
    colleagues = colleagues_of(actor) if row.manageable and actor.may("document.share") else []
    others = [each for each in colleagues if each.id not in known and "seal.read_all" not in each.permissions]
    return render(request, "sealing/document_sharing.html", {"row": row, "shares": shares, "others": others})


@require_http_methods(["GET", "HEAD", "POST"])
def delete_page(request: HttpRequest, seal_id: str) -> HttpResponse:
    """What deleting destroys and what stays, before it is done."""
    actor, refusal = _actor(request), None
    if request.method == "POST":
        try:
            delete_documents(actor=actor, seal_id=seal_id, confirmed_name=_posted(request, "name"), now=clock.now())
        except (SealInProgress, NameNotConfirmed) as refused:
            refusal = refused
        else:
            messages.success(request, _("The document was deleted."))
            return redirect("seals")
    actor.require("seal.create")
    row = queries.document_row(actor, seal_id)
    if not row.manageable:
        raise Forbidden(_("Only who had it sealed, or an administrator, can do this."))
    context = {"row": row, "refusal": refusal, "typed": request.POST.get("name", "")}
    return render(request, "sealing/document_delete.html", context, status=refusal.status if refusal else 200)


def _change_labels(request: HttpRequest, actor: Actor, ids: tuple[str, ...], now: datetime) -> HttpResponse:
    here = reverse("document_labels") + "?" + _query(ids)
    if request.POST.get("action") == "create":
        return _act(request, _change_label, redirect(here))
    posted = request.POST
    wanted = [
        *posted.getlist("on"),
        *(each.removeprefix("on:") for each in posted.getlist("some") if each[:3] == "on:"),
    ]
    unwanted = {*posted.getlist("was"), *(each[4:] for each in posted.getlist("some") if each[:4] == "off:")}
    try:
        changed = change_labels(actor=actor, seal_ids=ids, put_on=wanted, take_off=unwanted - set(wanted), now=now)
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
        return redirect(here)
    told = ngettext(
        "The labels of %(count)d document were changed.", "The labels of %(count)d documents were changed.", changed
    )
    messages.success(request, told % {"count": changed})
    return redirect("seal_detail", seal_id=ids[0]) if len(ids) == 1 else redirect("seals")


def _labels_context(page: queries.DocumentPage) -> dict[str, Any]:
    on = [{label.id for label in row.labels} for row in page.items]
    choices = [
        {
            "label": label,
            "count": sum(label.id in each for each in on),
            "all": bool(on) and all(label.id in each for each in on),
        }
        for label in page.labels
    ]
    allowed = bool(page.items) and all(row.manageable and not row.seal.deleted_at for row in page.items)
    return {"rows": page.items, "choices": choices, "allowed": allowed}


def _change_label(request: HttpRequest, actor: Actor, now: datetime) -> None:
    action, label, name = (_posted(request, field) for field in ("action", "label", "name"))
    if action == "create":
        create_label(actor=actor, name=name, now=now)
        messages.success(request, _("The label %(name)s was made.") % {"name": name})
    elif action == "rename":
        rename_label(actor=actor, label_id=label, name=name, now=now)
        messages.success(request, _("The label is called %(name)s now, on every document.") % {"name": name})
    elif action == "delete":
        delete_label(actor=actor, label_id=label, now=now)
        messages.success(request, _("The label was deleted. The documents it was on are all there."))
    else:
        raise NotFound


def _change_sharing(request: HttpRequest, actor: Actor, now: datetime, *, seal_id: str) -> None:
    changes = {
        "share": (share_document, _("The document is shared. The member finds it in the list of documents.")),
        "unshare": (unshare_document, _("The document is not shared with this member any more.")),
    }
    if request.POST.get("action") not in changes:
        raise NotFound
    change, told = changes[request.POST["action"]]
    change(actor=actor, seal_id=seal_id, member_id=_posted(request, "member"), now=now)
    messages.success(request, told)


def _act(request: HttpRequest, step: Any, back: HttpResponse, **arguments: str) -> HttpResponse:
    """Take the step; what is refused is told on the page one comes back to."""
    try:
        step(request, _actor(request), clock.now(), **arguments)
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    return back


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


def _posted(request: HttpRequest, name: str) -> str:
    """A posted text. PostgreSQL can hold none with a NUL, so there is nothing by such an id."""
    value = request.POST.get(name, "")
    if "\0" in value:
        raise NotFound
    return value


def _ids(request: HttpRequest) -> list[str]:
    asked = request.POST if request.method == "POST" else request.GET
    return [each for each in dict.fromkeys(asked.getlist("seal")) if "\0" not in each][:500]


def _query(ids: tuple[str, ...]) -> str:
    query = QueryDict(mutable=True)
    query.setlist("seal", list(ids))
    return query.urlencode()


def _without(asked: QueryDict, *names: str) -> str:
    query = asked.copy()
    for name in (*names, *(name for name, value in asked.items() if not value)):
        query.pop(name, None)
    return query.urlencode()


def _cursor(request: HttpRequest) -> str | None:
    try:
        return decode_cursor(request.GET["cursor"]) if "cursor" in request.GET else None
    except InvalidInput:
        return None


def _as_file(response: StreamingHttpResponse, name: str) -> StreamingHttpResponse:
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _lines(rows: Iterator[DocumentRow]) -> Iterator[str]:
    yield "\ufeff" + _line(CSV_COLUMNS)
    for row in rows:
        seal = row.seal
        yield _line(
            (
                seal.name,
                seal.reference,
                seal.status,
                ", ".join(label.name for label in row.labels),
                seal.format,
                seal.level,
                "yes" if seal.live else "no",
                seal.size,
                seal.sealed_size,
                seal.requested_by_name,
                seal.accepted_at.isoformat(),
                seal.sealed_at.isoformat() if seal.sealed_at else "",
                seal.timestamp_authority,
                seal.id,
            )
        )


def _line(cells: tuple[object, ...]) -> str:
    text = StringIO()
    csv.writer(text).writerow(safe_cell(cell) for cell in cells)
    return text.getvalue()
