"""The usage page and its download."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.forms.usage import UsageForm, UsageRowsForm
from billing.queries import usage_choices, usage_events_seen_by, usage_seen_by
from billing.queries.charges import charges_to_invoice
from kernel import clock
from kernel.actor import Actor
from kernel.cells import safe_cell
from kernel.clock import legal_date
from kernel.errors import InvalidInput

if TYPE_CHECKING:
    from billing.models import UsageEvent

_COLUMNS = (
    "occurred_at",
    "meter",
    "quantity",
    "source_type",
    "source_id",
    "late",
    "member_id",
    "token_id",
)


@require_safe
def usage_page(request: HttpRequest) -> HttpResponse:
    """One month against the plan, day by day."""
    actor, now = _actor(request), clock.now()
    form = UsageForm(request.GET, usage_choices(actor, now=now))
    form.full_clean()
    figures = usage_seen_by(actor, month=form.month, now=now, narrowed=form.narrowed)
    context = {"usage": figures, "form": form, "charges": charges_to_invoice(actor)}
    return render(request, "billing/usage.html", context)


@require_safe
def usage_csv(request: HttpRequest) -> HttpResponseBase:
    """The month's events, one per line, as a file."""
    actor, now = _actor(request), clock.now()
    form = UsageRowsForm(request.GET, usage_choices(actor, now=now))
    if not form.is_valid():
        raise InvalidInput(_("Choose the month, the member and the API token on the usage page."))
    events = usage_events_seen_by(actor, month=form.month, now=now, narrowed=form.narrowed)
    response = StreamingHttpResponse(_lines(events), content_type="text/csv; charset=utf-8")
    filename = f"usage-{form.month or legal_date(now):%Y-%m}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    return response


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


class _Echo:
    """A file that hands back what is written to it, line by line."""

    def write(self, line: str) -> str:
        return line


def _lines(events: Iterable[UsageEvent]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(_COLUMNS)
    for event in events:
        yield writer.writerow(safe_cell(getattr(event, column)) for column in _COLUMNS)
