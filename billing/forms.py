"""What the usage page can be asked for."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.queries import UsageFilter
from billing.rules.months import month_named


class MonthField(forms.Field):
    """A month written as `2026-11`; None when left empty."""

    widget = forms.TextInput(attrs={"type": "month", "pattern": r"\d{4}-\d{2}", "placeholder": "2026-11"})

    def to_python(self, value: object) -> date | None:
        text = str(value or "").strip()
        month = month_named(text)
        if text and month is None:
            raise forms.ValidationError(_("Write the month as in 2026-11."), code="invalid_period")
        return month


class UsageForm(forms.Form):
    """The filters of the usage page, kept in its address."""

    period = MonthField(label=_("Month"), required=False)
    member = forms.CharField(label=_("Member"), required=False, max_length=40, strip=True)
    token = forms.CharField(label=_("API token"), required=False, max_length=40, strip=True)
    reference = forms.CharField(label=_("Reference"), required=False, max_length=200, strip=True)

    def narrowed(self) -> UsageFilter:
        """The filter to ask the query for."""
        asked = self.cleaned_data
        return UsageFilter(
            member_id=asked.get("member", ""),
            token_id=asked.get("token", ""),
            reference=asked.get("reference", ""),
        )
