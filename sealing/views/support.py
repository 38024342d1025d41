"""The support view: staff read one customer's documents with an access grant, and each page is on record first.

Read-only, and visibly not the portal. What may be decrypted is said by the grant, to the vault itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.actions.open_support_page import SupportAccess, open_support_page
from accounts.queries.audit import audit_page, filtered
from kernel import clock, reading
from kernel.actor import Actor
from kernel.api import decode_cursor, encode_cursor
from kernel.errors import InvalidInput, NotFound
from kernel.tenancy.context import customer_schema
from sealing.queries import seals as queries

ROWS = 25


@require_safe
def documents(request: HttpRequest, grant_id: str) -> HttpResponse:
    """What the grant names: names, states and times."""
    with _page(request, grant_id, "list") as access:
        page = queries.seals(access.actor, after=_cursor(request), limit=ROWS)
        following = encode_cursor(page.next_after) if page.next_after else None
        context = {"access": access, "page": page, "next_cursor": following}
        return _render(request, "admin/support_documents.html", context)


@require_safe
def document(request: HttpRequest, grant_id: str, seal_id: str) -> HttpResponse:
    """One document: its names, how it was sealed, and each attempt."""
    with _page(request, grant_id, "document", seal_id) as access:
        context = {
            "access": access,
            "seal": queries.seal(access.actor, seal_id),
            "attempts": queries.attempts_of(access.actor, seal_id),
        }
        return _render(request, "admin/support_document.html", context)


@require_safe
def content(request: HttpRequest, grant_id: str, seal_id: str) -> HttpResponseBase:
    """The sealed file, if the grant opens content; the rest of it is not sent once the grant is over."""
    with _page(request, grant_id, "content", seal_id) as access:
        found = queries.sealed_content(access.actor, seal_id)
        response = StreamingHttpResponse(found.parts, content_type=found.media_type)
        response["Content-Disposition"] = content_disposition_header(True, found.name)
        return response


@require_safe
def trail(request: HttpRequest, grant_id: str) -> HttpResponse:
    """The customer's audit trail, if the grant opens it; `named` narrows it to an id or an action."""
    with _page(request, grant_id, "trail") as access:
        named = request.GET.get("named", "").strip()[:80]
        page = audit_page(access.actor, filtered(named=named), after=_number(_cursor(request)), limit=ROWS)
        following = encode_cursor(str(page.next_after)) if page.next_after else None
        context = {"access": access, "page": page, "named": named, "next_cursor": following}
        return _render(request, "admin/support_trail.html", context)


@contextmanager
def _page(request: HttpRequest, grant_id: str, page: str, seal_id: str = "") -> Iterator[SupportAccess]:
    """The one way to a customer's documents for staff: asked, written down, then opened, for this customer only."""
    person = request.user
    if not person.has_perm("accounts.request_accessgrant"):
        raise PermissionDenied
    if "\0" in grant_id + seal_id:
        raise NotFound
    actor = Actor.staff(person_id=str(person.pk), name=str(person), reason=grant_id)
    access = open_support_page(actor=actor, grant_id=grant_id, page=page, seal_id=seal_id, now=clock.now())
    with reading.opened(access.opening), customer_schema(access.actor.customer):
        yield access


def _render(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    named = {"title": context["access"].grant.customer.name}
    return render(request, template, {**admin.site.each_context(request), **named, **context})


def _cursor(request: HttpRequest) -> str | None:
    try:
        return decode_cursor(request.GET["cursor"]) if "cursor" in request.GET else None
    except InvalidInput:
        return None


def _number(cursor: str | None) -> int | None:
    return int(cursor[:18]) if cursor and cursor.isdecimal() else None
