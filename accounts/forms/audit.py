"""How the audit trail is narrowed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.queries.audit import filtered
from accounts.queries.audit_words import GROUPS
from kernel.audit_periods import Retention
from kernel.audit_trail import Asked
from kernel.clock import legal_zone
from kernel.staff import ReasonForm


class AuditFilterForm(forms.Form):
    """As it stands in the address of the page; what makes no sense narrows nothing."""

    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    who = forms.CharField(required=False, max_length=80)
    group = forms.ChoiceField(required=False, choices=[(code, code) for code in GROUPS])
    subject = forms.CharField(required=False, max_length=80)
    named = forms.CharField(required=False, max_length=80)

    @property
    def asked(self) -> Asked:
        """What was asked for, with whole days of the operator's zone."""
        self.full_clean()
        fields = self.cleaned_data
        return filtered(
            since=_beginning(fields.get("since")),
            until=_beginning(fields.get("until"), days=1),
            **{name: fields.get(name, "").strip() for name in ("who", "group", "subject", "named")},
        )


def _beginning(day: date | None, *, days: int = 0) -> datetime | None:
    """The moment at which the day begins, or the one so many days later; None for the last days of the calendar."""
    if day is None or day > date.max - timedelta(days=days + 1) or day.year < 2:
        return None
    return datetime.combine(day + timedelta(days=days), time.min, legal_zone())


PERIOD_WORDS = {
    Retention.ACTIVITY: _("90 days"),
    Retention.HOSTED: _("18 months"),
    Retention.HOSTED_5: _("5 years"),
    Retention.HOSTED_10: _("10 years"),
}


class AuditPeriodForm(forms.Form):
    """How long new entries are kept, among what is offered."""

    def __init__(self, *args: Any, offered: Iterable[Retention], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["period"] = forms.ChoiceField(
            label=_("New entries are kept for"), choices=[(each.value, PERIOD_WORDS[each]) for each in offered]
        )


class AuditPeriodReasonForm(ReasonForm):
    """The same, for staff."""

    period = forms.ChoiceField(
        label=_("New entries are kept for"), choices=[(each.value, words) for each, words in PERIOD_WORDS.items()]
    )
