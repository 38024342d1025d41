"""Additional services: what there is, what was ordered, and ordering (B8); the document of special terms (B17)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.views._steps import act, actor_of, posted
from billing.actions.end_add_on import end_add_on
from billing.actions.order_add_on import order_add_on
from billing.actions.record_charge import PriceChanged
from billing.forms.add_ons import AgreedForm, QuantityForm
from billing.queries.catalogue import add_on_offer, add_on_offers, add_ons_ordered
from billing.queries.charges import charges_to_invoice
from billing.queries.special_terms import signed_document
from billing.rules.add_ons import invoiced_in
from billing.rules.rating import amount
from kernel import clock
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.ids import new_id


@require_http_methods(["GET", "HEAD", "POST"])
def add_ons_page(request: HttpRequest) -> HttpResponse:
    """What was ordered and can be; a POST ends a monthly service."""
    actor, now = actor_of(request), clock.now()
    actor.require("billing.read")
    if request.method == "POST":
        return act(request, {"end": _end}, now)
    context = {
        "ordered": add_ons_ordered(actor, now=now),
        "offers": add_on_offers(legal_date(now), customer_id=actor.customer),
        "charges": charges_to_invoice(actor),
        "invoiced_in": invoiced_in(legal_date(now)),
        "manages": actor.may("billing.manage"),
    }
    return render(request, "billing/add_ons.html", context)


def _end(request: HttpRequest, actor: Actor, now: datetime) -> None:
    end_add_on(actor=actor, order_id=posted(request, "order"), now=now)
    messages.success(request, _("It ends with this month and is not charged after."))


@require_http_methods(["GET", "HEAD", "POST"])
def add_on_page(request: HttpRequest, code: str) -> HttpResponse:
    """What so many of a service cost, and on which invoice; a POST orders them at that price."""
    actor, now = actor_of(request), clock.now()
    offer = add_on_offer(actor, code, on=legal_date(now))
    if request.method == "POST":
        agreed = AgreedForm(request.POST)
        if agreed.is_valid():
            try:
                order_add_on(actor=actor, code=code, now=now, **agreed.cleaned_data)
            except PriceChanged as refusal:
                messages.error(request, str(refusal.detail))
                return redirect(request.get_full_path())
            messages.success(request, _("Ordered: %(name)s. It is in your account now.") % {"name": offer.name})
            return redirect("billing_add_ons")
    asked = QuantityForm(request.GET if "quantity" in request.GET else {"quantity": 1})
    quantity = asked.cleaned_data["quantity"] if asked.is_valid() else None
    context = {
        "offer": offer,
        "form": asked,
        "quantity": quantity,
        "request_key": new_id("req"),
        "amount": amount(quantity, offer.amount) if quantity else None,
        "invoiced_in": invoiced_in(legal_date(now)),
    }
    return render(request, "billing/add_on.html", context, status=200 if quantity else 422)


@require_safe
def special_terms_document(request: HttpRequest, terms_id: str) -> HttpResponse:
    """The document that both sides signed."""
    name, content = signed_document(actor_of(request), terms_id)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return answer
