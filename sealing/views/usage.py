"""Usage by member and API token, with the documents behind each figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from billing.rules.months import month_named, months_back
from billing.rules.periods import months_after
from kernel import clock
from kernel.actor import Actor
from kernel.cells import csv_line
from kernel.clock import legal_date, legal_zone
from sealing.queries.usage import Work, work_by_member

_MONTHS_OFFERED = 24


@require_safe
def member_usage(request: HttpRequest) -> HttpResponse:
    """One calendar month of the operator's zone."""
    now = clock.now()
    month = _month(request, now)
    context = {
        "work": _work(_actor(request), month),
        "month": month,
        "last_day": months_after(month, 1) - timedelta(days=1),
        "months": months_back(legal_date(now), months_after(legal_date(now).replace(day=1), 1 - _MONTHS_OFFERED)),
    }
    return render(request, "sealing/member_usage.html", context)


@require_safe
def member_usage_csv(request: HttpRequest) -> HttpResponseBase:
    """The same as a file."""
    month = _month(request, clock.now())
    work = _work(_actor(request), month)
    response = StreamingHttpResponse(_lines(month, work), content_type="text/csv; charset=utf-8")
    name = f"usage-by-member-{month:%Y-%m}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _month(request: HttpRequest, now: datetime) -> date:
    return month_named(request.GET.get("month", "")) or legal_date(now).replace(day=1)


def _work(actor: Actor, month: date) -> list[Work]:
    since, until = (datetime.combine(day, time.min, legal_zone()) for day in (month, months_after(month, 1)))
    return work_by_member(actor, since=since, until=until)


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


def _lines(month: date, work: Sequence[Work]) -> Iterator[str]:
    yield "\ufeff" + csv_line(("month", "name", "kind", "seals", "test_seals", "id"))
    for each in work:
        kind = "token" if each.by_program else "member"
        yield csv_line((f"{month:%Y-%m}", each.name, kind, each.live, each.test, each.requested_by))
