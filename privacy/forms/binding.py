"""Asking what bound on a day, and accepting what waits for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class DayForm(forms.Form):
    """A day, which is today where none is named."""

    on = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


class AcceptanceForm(forms.Form):
    """In which position a member accepts for a legal entity, and that they do."""

    position = forms.CharField(
        label=_("Your position"),
        max_length=120,
        help_text=_("In which you may act for it: director, holder of a power of attorney."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    accepted = forms.BooleanField(label=_("I have read these versions and accept them for the customer."))

    def __init__(self, *args: Any, legal_entity: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not legal_entity:
            del self.fields["position"]
