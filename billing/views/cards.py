"""Paying an invoice by card, and the card that invoices are charged to.

The customer leaves for the card company's page by a link and not by a form: the pages' Content-Security-Policy lets
forms go nowhere else, and so it can stay.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views._steps import Step, act, actor_of
from billing.actions.complete_saved_card import complete_saved_card
from billing.actions.record_psp_event import record_psp_event
from billing.actions.remove_card import remove_card
from billing.actions.save_card import save_card
from billing.actions.settle_card_payment import settle_card_payment
from billing.actions.start_card_payment import start_card_payment
from billing.gateways.psp import PspDown
from billing.queries.cards import card_page, cards_offered, consent_words, newest_card_payment, paying
from billing.queries.how_to_pay import how_to_pay
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal

_MESSAGE_BYTES = 256 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """The ways to pay one invoice; the button posts `action` = card and leads to the card company's page."""
    now, actor = clock.now(), actor_of(request)
    if request.method == "POST":
        return act(request, {"card": lambda _request, actor, now: _leave(request, actor, number, now)}, now)
    found = paying(actor, number=number, now=now)
    transfer = how_to_pay(found.receivable, reference=found.invoice.reference, on=clock.legal_date(now))
    context = {"paying": found, "cards_offered": cards_offered(), "pay": transfer}
    return render(request, "billing/pay.html", context)


def _leave(request: HttpRequest, actor: Actor, number: str, now: datetime) -> HttpResponse:
    try:
        payment = start_card_payment(actor=actor, number=number, now=now)
    except PspDown as outage:
        messages.warning(request, str(outage.detail))
        return redirect("billing_pay", number=number)
    if not payment.page_url:  # the saved card is being charged this moment
        return redirect("billing_pay_back", number=number)
    context = {"url": payment.page_url, "number": number, "amount": payment.amount}
    return render(request, "billing/pay_leave.html", context)


@require_safe
def pay_back(request: HttpRequest, number: str) -> HttpResponse:
    """Where the card company sends the customer afterwards: what we know by now, fetched and not believed."""
    now, actor = clock.now(), actor_of(request)
    payment_id = newest_card_payment(actor, number=number)
    if payment_id and cards_offered():
        with suppress(PspDown):
            settle_card_payment(actor=actor, card_payment_id=payment_id, now=now)
    return render(request, "billing/pay_back.html", {"paying": paying(actor, number=number, now=now)})


@require_safe
def pay_away(request: HttpRequest, number: str) -> HttpResponse:
    """Where somebody comes who went back on the card company's page without paying."""
    found = paying(actor_of(request), number=number, now=clock.now())
    return render(request, "billing/pay_away.html", {"paying": found})


@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest) -> HttpResponse:
    """The card that invoices are charged to; buttons post `save` or `remove` as `action`."""
    if request.method == "POST":
        return act(request, _CARD_STEPS, clock.now())
    return render(request, "billing/card.html", {"card": card_page(actor_of(request))})


def _save(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    try:
        saved = save_card(actor=actor, consent=consent_words(), now=now)
    except PspDown as outage:
        messages.warning(request, str(outage.detail))
        return redirect("billing_card")
    return render(request, "billing/pay_leave.html", {"url": saved.page_url})


def _remove(request: HttpRequest, actor: Actor, now: datetime) -> None:
    removed = remove_card(actor=actor, now=now)
    messages.success(request, _("No invoice is charged to the card %(last4)s any more.") % {"last4": removed.last4})


_CARD_STEPS: dict[str, Step] = {"save": _save, "remove": _remove}


@require_safe
def card_back(request: HttpRequest) -> HttpResponse:
    """Where the card company sends the customer after a card was saved."""
    actor, now = actor_of(request), clock.now()
    asked_for = card_page(actor).asked_for
    if asked_for:
        with suppress(PspDown):
            kept = complete_saved_card(actor=actor, saved_card_id=asked_for.id, now=now)
            if kept.saved_at:
                messages.success(request, _("The card is saved. The next invoice is charged to it."))
    return redirect("billing_card")


@csrf_exempt  # programs of the card company; who it is, its signature tells
@require_POST
def psp_webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """A message of the card company: stored once and answered at once; 400 for a forged one, 404 without cards."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _MESSAGE_BYTES:
        return HttpResponse(status=413)
    signature = request.headers.get("Stripe-Signature", "")
    actor = Actor.system("billing.psp_webhook")
    try:
        record_psp_event(actor=actor, provider=provider, body=request.body, signature=signature, now=clock.now())
    except Refusal as refusal:
        return HttpResponse(status=refusal.status if refusal.status == 400 else 404)
    return HttpResponse(status=200)
