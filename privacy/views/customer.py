"""A customer's page about its data: what is kept until when, what binds it, who else sees it, and how to take it away.

To add to it: a template `privacy/_card_….html`, and a line in `CARDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.views._steps import actor_of
from kernel import clock
from kernel.actor import Actor
from privacy.queries.binding import binding_of
from privacy.queries.customer_page import kept_for_customer
from privacy.queries.registers import disclosures_of, sub_processors

Card = Callable[[Actor, date], dict[str, Any]]


def _kept(actor: Actor, today: date) -> dict[str, Any]:
    return {"kept": kept_for_customer(actor, today=today)}


def _documents(actor: Actor, today: date) -> dict[str, Any]:
    return {"binding": binding_of(actor, on=today, today=today)}


def _others(actor: Actor, today: date) -> dict[str, Any]:
    return {"processors": sub_processors(today)}


def _authorities(actor: Actor, today: date) -> dict[str, Any]:
    return {"disclosures": disclosures_of(actor).count()}


def _nothing(actor: Actor, today: date) -> dict[str, Any]:
    return {}


CARDS: tuple[tuple[str, Card], ...] = (
    ("privacy/_card_kept.html", _kept),
    ("privacy/_card_explain.html", _nothing),
    ("privacy/_card_requests.html", _nothing),
    ("privacy/_card_documents.html", _documents),
    ("privacy/_card_sub_processors.html", _others),
    ("privacy/_card_disclosures.html", _authorities),
    ("privacy/_card_export.html", _nothing),
)
"""The parts of the page from top to bottom: a template, and what it shows."""


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """All of it on one page, for administrators."""
    actor, today = actor_of(request), clock.legal_date(clock.now())
    actor.require("customer.manage")
    cards = [(template, card(actor, today)) for template, card in CARDS]
    return render(request, "privacy/customer.html", {"cards": cards})
