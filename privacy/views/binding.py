"""What bound a customer on a day, for its administrators and for staff, and accepting a version that asks for it."""

from __future__ import annotations

from datetime import date

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.accept_documents import accept_documents
from accounts.views._steps import actor_of, show
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Outage, Refusal
from privacy.actions.state_binding import state_binding
from privacy.forms.binding import AcceptanceForm, DayForm
from privacy.queries.binding import Binding, binding_of, binding_on


@require_http_methods(["GET", "HEAD", "POST"])
def binding(request: HttpRequest) -> HttpResponse:
    """Special terms and documents of a day in their order of precedence; accepting what waits for it."""
    actor = actor_of(request)
    today = clock.legal_date(clock.now())
    shown = binding_of(actor, on=_day(request, today), today=today)
    form = AcceptanceForm(request.POST or None, legal_entity=shown.legal_entity)
    if form.is_valid():
        texts = [version.text_for(get_language() or "") for version in shown.to_accept]
        seen = set(request.POST.getlist("document"))
        try:
            accept_documents(
                actor=actor,
                document_ids=seen & {text.id for text in texts},
                position=form.cleaned_data.get("position", ""),
                now=clock.now(),
            )
        except Refusal as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Accepted. It is on record below."))
            return redirect(request.path)
    context = _context(shown, today) | {"form": form}
    return render(request, "privacy/binding.html", context, status=422 if form.is_bound else 200)


@require_POST
def statement(request: HttpRequest) -> HttpResponse:
    """The same as a PDF with the operator's seal."""
    actor = actor_of(request)
    today = clock.legal_date(clock.now())
    try:
        return _stated(actor, actor.customer_id or "", _day(request, today))
    except Outage as outage:
        messages.error(request, str(outage.detail))
        return redirect("binding")


@require_http_methods(["GET", "HEAD", "POST"])
def staff_binding(request: HttpRequest, customer_id: str) -> HttpResponse:
    """What staff are asked about a customer's contract; account data, for which no access grant is needed."""
    if not request.user.has_perm("accounts.change_customer"):
        raise PermissionDenied
    today = clock.legal_date(clock.now())
    on = _day(request, today)
    shown = binding_on(customer_id, on=on, today=today)
    if request.method == "POST":
        person = request.user
        actor = Actor.staff(person_id=str(person.pk), name=str(person), reason=_("A statement was asked for"))
        try:
            return _stated(actor, customer_id, on)
        except Outage as outage:
            messages.error(request, str(outage.detail))
    context = {**admin.site.each_context(request), **_context(shown, today), "title": _("What bound this customer")}
    return render(request, "admin/binding.html", context)


def _stated(actor: Actor, customer_id: str, on: date) -> HttpResponse:
    pdf = state_binding(actor=actor, customer_id=customer_id, on=on, clock=clock.database_clock())
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"contract-{on}.pdf")
    return response


def _context(shown: Binding, today: date) -> dict[str, object]:
    return {
        "binding": shown,
        "today": today,
        "day_form": DayForm(initial={"on": shown.on}),
        "texts": [(version, version.text_for(get_language() or "")) for version in shown.to_accept],
    }


def _day(request: HttpRequest, today: date) -> date:
    """The day that was asked for; what is no day means today."""
    form = DayForm(request.POST if "on" in request.POST else request.GET)
    return (form.cleaned_data["on"] if form.is_valid() else None) or today
