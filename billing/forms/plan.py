"""Which plan and interval somebody looks at or asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.queries.simulation import PlanCost
from billing.rules.periods import Interval

INTERVALS = (
    (Interval.MONTH.value, _("By the month, paid afterwards")),
    (Interval.YEAR.value, _("By the year, paid in advance")),
    (Interval.ONCE.value, _("One month only, paid in advance")),
)


class ChoiceForm(forms.Form):
    """What the change page shows; its address keeps it."""

    plan = forms.ChoiceField(label=_("Plan"))
    interval = forms.ChoiceField(label=_("How to pay"), choices=INTERVALS)

    def __init__(self, asked: Any, plans: Iterable[PlanCost], **options: Any) -> None:
        super().__init__(asked or None, **options)
        names = [(plan.code, plan.name) for plan in plans if not plan.individual]
        cast(forms.ChoiceField, self.fields["plan"]).choices = names


def shown_moment(text: str) -> datetime | None:
    """The moment that a confirming form showed; None for what is no moment with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
