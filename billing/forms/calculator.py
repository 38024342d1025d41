"""How many seals a month somebody thinks of."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

PROPOSED = 800


class CalculatorForm(forms.Form):
    """Kept in the page's address, so that it can be sent to a colleague."""

    seals = forms.IntegerField(label=_("How many seals a month?"), min_value=0, max_value=10_000_000)
