"""What the pages about invoices and the account can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.models import BillingDetails
from billing.rules.periods import months_after


class DetailsForm(forms.Form):
    """Billing details; addresses are written one on a line."""

    emails = forms.CharField(
        label=_("E-mail addresses for invoices"),
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "One on a line, at most five. Each gets the PDF with every invoice. Without any, your owners,"
            " administrators and billing members get a mail with a link."
        ),
    )
    attached_format = forms.ChoiceField(
        label=_("Files with the mail"), choices=BillingDetails.AttachedFormat, widget=forms.RadioSelect
    )
    buyer_reference = forms.CharField(
        label=_("Your reference"),
        required=False,
        max_length=100,
        help_text=_("Stands on every invoice, so that your accounting finds where it belongs."),
    )
    order_number = forms.CharField(
        label=_("Purchase order number"), required=False, max_length=100, help_text=_("Stands on every invoice.")
    )
    language = forms.ChoiceField(label=_("Language of invoices"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        languages: Any = self.fields["language"]
        languages.choices = [("", _("As the first owner reads")), *settings.LANGUAGES]

    def addresses(self) -> list[str]:
        """The lines of the field that are not empty."""
        return [line for line in self.cleaned_data["emails"].replace(",", "\n").splitlines() if line.strip()]


class AccountForm(forms.Form):
    """From when to when the statement of account goes; without an answer, the 12 months up to today."""

    first_on = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, asked: Mapping[str, str], today: date) -> None:
        self._default = (months_after(today, -12), today)
        shown = {"first_on": self._default[0].isoformat(), "last_on": today.isoformat()}
        super().__init__({**shown, **{name: value for name, value in asked.items() if value}})

    def span(self) -> tuple[date, date]:
        """Both days; the usual ones where what was asked for is no date."""
        given = self.cleaned_data
        return given.get("first_on") or self._default[0], given.get("last_on") or self._default[1]
