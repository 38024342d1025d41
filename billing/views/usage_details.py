"""The rows behind the usage page, its cost centres and the preview of the next invoice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.views._steps import Step, act, actor_of, posted
from billing.actions.set_cost_centre import set_cost_centre
from billing.forms.limits import CostCentreForm
from billing.forms.usage import UsageRowsForm
from billing.queries import usage_choices
from billing.queries.cost_centres import CostSplit, cost_split
from billing.queries.events import events_page
from billing.queries.invoice_pages import next_invoice_seen_by
from billing.rules.months import month_named
from kernel import clock
from kernel.actor import Actor
from kernel.api import decode_cursor, encode_cursor
from kernel.cells import csv_line


@require_safe
def usage_events(request: HttpRequest) -> HttpResponse:
    """Every row that is counted, a page at a time."""
    actor, now = actor_of(request), clock.now()
    form = UsageRowsForm(request.GET, usage_choices(actor, now=now))
    form.full_clean()
    cursor = request.GET.get("cursor")
    page = events_page(
        actor, month=form.month, now=now, narrowed=form.narrowed, after=decode_cursor(cursor) if cursor else None
    )
    next_cursor = encode_cursor(page.next_after) if page.next_after else None
    context = {"page": page, "form": form, "next_cursor": next_cursor, "narrowed_to": form.narrowed.on}
    return render(request, "billing/usage_events.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def cost_centres(request: HttpRequest) -> HttpResponse:
    """A month's cost by member, API token and cost centre."""
    now = clock.now()
    if request.method == "POST":
        answer = act(request, _STEPS, now)
        return redirect(request.get_full_path()) if answer.status_code == 302 else answer
    actor = actor_of(request)
    context = {"split": _split(request, actor, now), "months": usage_choices(actor, now=now).months}
    return render(request, "billing/cost_centres.html", context)


@require_safe
def cost_centres_csv(request: HttpRequest) -> HttpResponseBase:
    """The same as a file."""
    found = _split(request, actor_of(request), clock.now())
    response = StreamingHttpResponse(_lines(found), content_type="text/csv; charset=utf-8")
    name = f"cost-centres-{found.usage.starts_on:%Y-%m}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@require_safe
def invoice_preview(request: HttpRequest) -> HttpResponse:
    """The next invoice as it would be by now."""
    coming = next_invoice_seen_by(actor_of(request), now=clock.now())
    return render(request, "billing/invoice_preview.html", {"coming": coming, "preview": coming.preview})


def _split(request: HttpRequest, actor: Actor, now: datetime) -> CostSplit:
    month: date | None = month_named(request.GET.get("period", ""))
    return cost_split(actor, month=month, now=now)


def _lines(found: CostSplit) -> Iterator[str]:
    yield "\ufeff" + csv_line(("month", "cost_centre", "name", "kind", "id", "seals", "cost_eur_without_vat"))
    for share in found.shares:
        kind = "token" if share.by_program else "member"
        month = f"{found.usage.starts_on:%Y-%m}"
        yield csv_line((month, share.cost_centre, share.name, kind, share.orderer_id, share.quantity, share.cost))


def _name(request: HttpRequest, actor: Actor, now: datetime) -> None:
    form = CostCentreForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A cost centre’s name has at most 80 letters."))
        return
    set_cost_centre(actor=actor, orderer_id=posted(request, "orderer"), name=form.cleaned_data["name"], now=now)
    messages.success(request, _("Saved. It holds for every month, the past ones too."))


_STEPS: dict[str, Step] = {"name": _name}
