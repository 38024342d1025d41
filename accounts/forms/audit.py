"""How the audit trail is narrowed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms

from accounts.queries.audit import filtered
from accounts.queries.audit_words import GROUPS
from kernel.audit_trail import Asked
from kernel.clock import legal_zone


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
