"""Asking why something is kept, trying another period, and what staff fill in for holds."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy.catalogue import RULES
from privacy.forms.staff import InwardReasonForm
from privacy.models import Hold
from privacy.queries.periods import rule_words


class ObjectForm(forms.Form):
    """The id of something."""

    object = forms.CharField(
        label=_("Id or number"),
        max_length=60,
        help_text=_("Of a document, a member, an invoice, a notice or an API token; or a day such as 2026-11-28."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class StaffObjectForm(ObjectForm):
    """The same in the staff pages' dress."""

    object = forms.CharField(
        label=_("Id or number"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class PeriodForm(forms.Form):
    """A rule, and another period for it."""

    rule = forms.ChoiceField(
        label=_("Rule"),
        choices=lambda: [(rule.key, rule_words(rule.key)) for rule in RULES],
        widget=UnfoldAdminSelectWidget,
    )
    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=10_000, widget=UnfoldAdminIntegerFieldWidget)


class HoldForm(InwardReasonForm):
    """What must not be erased, and because of which case."""

    covers = forms.ChoiceField(label=_("Covers"), choices=Hold.Covers.choices, widget=UnfoldAdminSelectWidget)
    subject = forms.CharField(
        label=_("Id"),
        max_length=60,
        help_text=_("Of the customer (or its address in the portal), the person’s number, or the one thing’s id."),
        widget=UnfoldAdminTextInputWidget(),
    )
    case = forms.CharField(
        label=_("Case"), max_length=120, help_text=_("Court and number."), widget=UnfoldAdminTextInputWidget()
    )
