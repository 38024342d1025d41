"""What staff fill in about invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from kernel.ids import new_id
from kernel.staff import ReasonForm

_LINE = "line_"


class CreditForm(ReasonForm):
    """How much of each line to credit; the fields of the lines come with the invoice (`credit_form`)."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("key", new_id("crd"))


def credit_form(left: dict[int, tuple[str, Decimal]]) -> type[CreditForm]:
    """The form for an invoice of which so much of each line (its words, and EUR without VAT) can be credited."""
    fields = {
        f"{_LINE}{position}": forms.DecimalField(
            label=words,
            required=False,
            min_value=Decimal("0.00"),
            max_value=amount,
            decimal_places=2,
            initial=amount,
            widget=UnfoldAdminTextInputWidget(),
            help_text=_("EUR without VAT, at most what is left of the line. Leave empty to credit nothing of it."),
        )
        for position, (words, amount) in left.items()
    }
    return type("CreditFormOfInvoice", (CreditForm,), fields)


def amounts_given(cleaned: dict[str, Any]) -> dict[int, Decimal]:
    """The lines to credit, by their positions."""
    return {int(name.removeprefix(_LINE)): value for name, value in cleaned.items() if name.startswith(_LINE) and value}


class CorrectionForm(ReasonForm):
    """What is charged in place of what a credit note took back."""

    amount = forms.DecimalField(
        label=_("Amount without VAT, EUR"), decimal_places=2, widget=UnfoldAdminTextInputWidget()
    )
    description = forms.CharField(
        label=_("What it is for"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("It stands on the next invoice."),
    )
