"""What the pages about the contract and its end can be sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounts.forms.applications import AddressFields, country_choices, plain_name
from accounts.rules.endings import Ground
from kernel.staff import ReasonForm


class ParticularsForm(AddressFields):
    """What an administrator may correct; `legal_entity` has a VAT number."""

    vat_number = forms.CharField(
        label=_("VAT number"), max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, legal_entity: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not legal_entity:
            del self.fields["vat_number"]


class ClosingForm(forms.Form):
    """`differ` says whether there is a choice of when."""

    when = forms.ChoiceField(
        label=_("When?"),
        widget=forms.RadioSelect,
        choices=[("paid", _("With the time that is paid for")), ("at_once", _("At once"))],
        initial="paid",
    )
    name = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, customer_name: str, differ: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].label = _("To confirm, type %(name)s") % {"name": customer_name}
        self.fields["name"].widget.attrs["data-expect"] = customer_name
        if not differ:
            del self.fields["when"]


class LetterForm(ReasonForm):
    """A signed letter by which a customer ends its contract."""

    received_on = forms.DateField(label=_("Received on"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    file_name = forms.CharField(
        label=_("Where the letter is kept"), max_length=200, widget=UnfoldAdminTextInputWidget()
    )
    file_sha256 = forms.RegexField(
        r"^[0-9a-f]{64}$",
        label=_("SHA-256 of its file"),
        strip=True,
        help_text=_("In hexadecimal, 64 characters."),
        widget=UnfoldAdminTextInputWidget(),
    )
    at_once = forms.BooleanField(
        label=_("The letter asks for the end at once"), required=False, widget=UnfoldBooleanWidget()
    )


class EndNoticeForm(ReasonForm):
    """Why the operator ends a contract."""

    ground = forms.ChoiceField(
        label=_("Ground"),
        widget=UnfoldAdminSelectWidget(),
        choices=[
            (Ground.NOTICE.value, _("No cause: ends after six months")),
            (Ground.BREACH.value, _("Breach: announced; 30 days to cure, then you confirm")),
            (Ground.INSOLVENCY.value, _("Insolvency: announced; 60 days, then you confirm")),
            (Ground.WINDING_UP.value, _("Winding-up: ends at once")),
            (Ground.PROHIBITED_CONTENT.value, _("Prohibited content: ends at once")),
            (Ground.ABUSE.value, _("Abuse: ends at once")),
            (Ground.RESALE.value, _("Resale without consent: ends at once")),
            (Ground.SANCTIONS.value, _("Sanctions: ends at once")),
        ],
    )


class RegistrationForm(ReasonForm):
    """How a customer is registered."""

    name = forms.CharField(
        label=_("Name"), max_length=200, validators=[plain_name], widget=UnfoldAdminTextInputWidget()
    )
    country = forms.ChoiceField(label=_("Country"), choices=country_choices, widget=UnfoldAdminSelectWidget())
    register_number = forms.CharField(
        label=_("Register number"), max_length=40, required=False, widget=UnfoldAdminTextInputWidget()
    )
