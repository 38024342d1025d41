"""What the page of alerts and limits, and that of cost centres, can be sent."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.rules.thresholds import GRACE_SEALS


class CostAlertForm(forms.Form):
    """At which amount to be told."""

    amount = forms.DecimalField(
        label=_("Amount in EUR without VAT"),
        max_digits=12,
        decimal_places=2,
        min_value=0,
        help_text=_("You are told once in each month that comes to cost as much."),
    )


class SpendingCapForm(forms.Form):
    """How much the seals beyond the plan may cost in a month."""

    amount = forms.DecimalField(
        label=_("Cap in EUR without VAT"),
        max_digits=12,
        decimal_places=2,
        min_value=0,
        help_text=_("For seals beyond the plan, in each month. The monthly fee does not count."),
    )
    grace = forms.IntegerField(
        label=_("Seals after the cap"),
        min_value=0,
        max_value=1_000_000,
        initial=GRACE_SEALS,
        help_text=_("So many are still made, at the usual price, before sealing stops: time for you to decide."),
    )


class CostCentreForm(forms.Form):
    """The cost centre of one member or API token."""

    name = forms.CharField(label=_("Cost centre"), max_length=80, required=False)
