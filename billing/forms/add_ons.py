"""How many of an additional service, and at which price."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.rules.add_ons import LARGEST_QUANTITY


class QuantityForm(forms.Form):
    """What the price is asked for."""

    quantity = forms.IntegerField(label=_("How many"), min_value=1, max_value=LARGEST_QUANTITY, initial=1)


class AgreedForm(forms.Form):
    """What was shown when the button was pressed."""

    quantity = forms.IntegerField(min_value=1, max_value=LARGEST_QUANTITY)
    agreed_amount = forms.DecimalField(decimal_places=2)
    request_key = forms.SlugField(max_length=40)
