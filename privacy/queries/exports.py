"""Copies of somebody's data: what goes into one, in the words of its reader, and who may fetch it until when."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries import secret_hash
from accounts.queries.customers import names_of
from accounts.queries.whose import Whose
from kernel.errors import NotFound
from kernel.personal_rows import Withheld
from kernel.tenancy.urls import public_url
from privacy.catalogue import PURPOSE, RULE, STORES, TABLES
from privacy.catalogue.exported import LEFT_OUT, PORTABLE
from privacy.models import RightsExport, RightsRequest
from privacy.queries.periods import period_words
from privacy.queries.person_rows import everything_about
from privacy.rules.exports import is_answered_by_a_copy, is_offered, tables_for
from privacy.rules.inventory import Kind

_WITHHELD = {
    Withheld.SECRET: gettext_lazy("it would let somebody in, and is shown to nobody"),
    Withheld.ANOTHER: gettext_lazy("it may tell of other people"),
    Withheld.FILE: gettext_lazy("it is a file: ask for it, or download it where you see it in the portal"),
}
_FIELDS = {
    Kind.PERSONAL: gettext_lazy("about you"),
    Kind.CONTENT: gettext_lazy("what a customer keeps with us"),
    Kind.TECHNICAL: gettext_lazy("a number, a state or a moment; tells of nobody by itself"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the copy: `words` say what it is, `why` and `kept` on what ground and how long, in the reader's
    language; `kinds` and `withheld` describe fields that are given and fields that are not."""

    name: str
    words: str
    why: str
    kept: str
    types: Mapping[str, str]
    kinds: Mapping[str, str]
    withheld: Mapping[str, str]
    rows: Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks a copy for."""

    request_id: str
    person_id: int | None
    email: str
    kind: str
    language: str


def wanted_export(request_id: str) -> Wanted | None:
    """What to make a copy for; None where it was not shown whose request it is, it is closed or wants none.

    A job that comes late, when the copy is deleted again, so makes no other.
    """
    found = RightsRequest.objects.filter(id=request_id, closed_at=None).exclude(identity_at=None).first()
    if found is None or not is_answered_by_a_copy(found.kind):
        return None
    return Wanted(found.id, found.person_id, found.email, found.kind, found.language)


def parts_of(whose: Whose, kind: str) -> list[Part]:
    """The tables for a request of that kind, in the reader's language."""
    read = {rows.table: rows for rows in everything_about(whose)}
    listed = {table.name: table for table in TABLES}
    found = []
    for name in tables_for(kind, list(read), PORTABLE):
        rows, table = read[name], listed[name]
        found.append(
            Part(
                name=name,
                words=_(table.words),
                why=_(PURPOSE[table.purpose].words),
                kept=_kept(table.retention),
                types=rows.types,
                kinds={field: str(_FIELDS[table.fields[field]]) for field in rows.types if field in table.fields},
                withheld={field: str(_WITHHELD[why]) for field, why in rows.withheld.items()},
                rows=rows.rows,
            )
        )
    return found


def left_out() -> list[tuple[str, str, str]]:
    """What the copy leaves out: (name, what it is, why), in the reader's language."""
    words = {table.name: table.words for table in TABLES} | {store.key: store.words for store in STORES}
    return [(name, _(words[name]), _(reason)) for name, reason in sorted(LEFT_OUT.items())]


def controllers(whose: Whose) -> list[str]:
    """The customers whose documents the person works with: they, not the operator, are asked for those (D9)."""
    return sorted(names_of(whose.customers).values())


def _kept(retention: str) -> str:
    period = period_words(RULE[retention])
    return f"{period.period}, {period.counted}"


def export_secret(export_id: str) -> str:
    """The secret of a copy's link. It follows from the id and the pepper, so that no event, job or trail has it."""
    key = salted_hmac("privacy.rights_export", export_id, secret=settings.TOKEN_PEPPER, algorithm="sha256")
    return urlsafe_b64encode(key.digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Offered:
    """A copy that may be fetched: until the end of `last_on`, at `path` of the public site. `size` in bytes."""

    id: str
    request_id: str
    kind: str
    size: int
    last_on: date
    delete_on: date
    downloads: int
    path: str


def offered_by_secret(secret: str, *, today: date) -> Offered:
    """The copy of a link; raises `NotFound` for one that is unknown or over, and does not tell which."""
    row = RightsExport.objects.filter(secret_hash=secret_hash(secret)).first()
    if row is None or not is_offered(row.delete_on, today=today):
        raise NotFound
    return _offered(row)


def offered_for_request(request_id: str, *, today: date) -> Offered | None:
    """The copy made for a request, for the mail and the page about it; None before it is made and when it is over."""
    row = RightsExport.objects.filter(request_id=request_id).first()
    return _offered(row) if row and is_offered(row.delete_on, today=today) else None


def offered_to_person(person_id: int, *, today: date) -> list[Offered]:
    """The copies that somebody who is signed in may fetch, newest first."""
    rows = RightsExport.objects.filter(person_id=person_id).order_by("-made_at")
    return [_offered(row) for row in rows if is_offered(row.delete_on, today=today)]


def _offered(row: RightsExport) -> Offered:
    last_on = date.fromordinal(row.delete_on.toordinal() - 1)
    path = public_url("rights_export", secret=export_secret(row.id))
    return Offered(row.id, row.request_id, row.kind, row.size, last_on, row.delete_on, row.downloads, path)
