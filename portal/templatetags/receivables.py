"""Template tags about what is owed."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext_lazy as _

from billing.queries.demands import overdue_total
from billing.rules.dunning import Standing, Step
from kernel import clock

register = template.Library()

_STANDINGS = {
    Standing.OPEN: _("Open"),
    Standing.DUE_SOON: _("Due soon"),
    Standing.DUE: _("Due today"),
    Standing.OVERDUE: _("Overdue"),
    Standing.BREACH_NOTICED: _("Breach noticed"),
    Standing.NOT_CURED: _("Not cured in time"),
    Standing.CURED: _("Paid late, breach cured"),
    Standing.PAID: _("Paid"),
    Standing.PAID_LATE: _("Paid late"),
}
_STEPS = {
    Step.DUE_SOON: _("We reminded of the due date."),
    Step.OVERDUE: _("We told that it is overdue."),
    Step.BREACH_NOTICED: _("We gave notice of the breach."),
    Step.CURED: _("It was paid in time after the notice: the breach is cured."),
    Step.CURE_MISSED: _("The time to cure the breach passed; our staff were asked to decide."),
    Step.THIRD_LATE: _("It was the third late payment of the contract year; our staff were asked to decide."),
}
_TO_COME = {
    Step.DUE_SOON: _("We remind of the due date."),
    Step.OVERDUE: _("It is overdue: late interest of 0.02 % a day runs from this day by itself, and we tell you."),
    Step.BREACH_NOTICED: _("We give notice of a breach of the contract; from then you have 30 days to pay."),
    Step.CURE_MISSED: _(
        "Our staff decide whether to suspend the account or to end the contract. Nothing of that happens by itself."
    ),
}


@register.inclusion_tag("billing/overdue_banner.html", takes_context=True)
def overdue_banner(context: Context) -> dict[str, Any]:
    """What is overdue, for who may read it; nothing when nothing is."""
    actor = context["request"].actor
    if not actor.may("billing.read"):
        return {}
    count, amount = overdue_total(actor.customer, now=clock.now())
    return {"count": count, "amount": amount}


@register.filter
def standing_name(standing: str) -> str:
    """How an invoice stands, in words."""
    return str(_STANDINGS[Standing(standing)])


@register.filter
def step_words(step: str) -> str:
    """A step that was taken, as a sentence."""
    return str(_STEPS[Step(step)])


@register.filter
def coming_words(step: str) -> str:
    """A step that follows, as a sentence."""
    return str(_TO_COME[Step(step)])
