"""What staff fill in when a certificate is ordered by hand, and what an administrator fills in to order one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from babel.numbers import format_currency
from django import forms
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from billing.queries.charges import CertificatePrice
from kernel.errors import Refusal
from kernel.staff import ReasonForm
from trust.gateways.hsm import KEY_ALGORITHMS


class _Line(forms.CharField):
    """One line of text in the staff admin's look."""

    widget = UnfoldAdminTextInputWidget


class OwnReasonForm(ReasonForm):
    """Why staff do something that is no customer's."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("It is kept in the audit trail."),
    )


class CertificateRequestForm(ReasonForm):
    """The name that will stand in a test certificate (ETSI EN 319 412-3), and its key."""

    customer = _Line(label=_("Customer id"), max_length=40)
    common_name = _Line(label=_("Name of the seal"), max_length=64)
    organization = _Line(label=_("Legal name"), max_length=64)
    organization_identifier = _Line(
        label=_("Identifier of the entity"), help_text=_("Like NTRLT-302345678 or VATLT-123456789."), max_length=64
    )
    country = _Line(label=_("Country code"), min_length=2, max_length=2)
    key_algorithm = forms.ChoiceField(
        label=_("Key"), choices=[(name, name) for name in KEY_ALGORITHMS], widget=UnfoldAdminSelectWidget()
    )


class CertificateImportForm(ReasonForm):
    """The issued certificate, with its chain if the authority sent one."""

    certificate = forms.CharField(
        label=_("Certificate"),
        help_text=_("PEM: the certificate, then its issuers."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12}),
    )


class KeyConfirmationForm(ReasonForm):
    """What the second person heard from the first."""

    fingerprint = _Line(
        label=_("Fingerprint of the key"),
        help_text=_("At least the first 16 digits, as your colleague reads them to you from the order."),
        max_length=100,
    )


def _offer_named(value: str) -> tuple[int, Decimal]:
    years, _dash, amount = value.partition("-")
    return int(years), Decimal(amount)


class OrderForm(forms.Form):
    """What an administrator says when ordering a certificate.

    A choice names its price, so that a page that shows yesterday's prices orders nothing.
    """

    offer = forms.TypedChoiceField(label=_("Valid for"), coerce=_offer_named, widget=forms.RadioSelect)
    registration_number = forms.CharField(
        label=_("Number in the trade register"),
        min_length=3,
        max_length=32,
        help_text=_("The authority looks your entry up under this number, and it will stand in the certificate."),
    )
    seal_name = forms.CharField(
        label=_("Name in the seal"), max_length=64, help_text=_("What readers see as the one who sealed.")
    )
    key_algorithm = forms.ChoiceField(
        label=_("Key"), choices=[(name, name.upper()) for name in KEY_ALGORITHMS], help_text=_("If in doubt, leave it.")
    )
    renews = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, prices: Sequence[CertificatePrice], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(f"{price.years}-{price.amount}", _offer_in_words(price)) for price in prices]
        cast(forms.TypedChoiceField, self.fields["offer"]).choices = choices

    def wishes(self) -> dict[str, Any]:
        """The arguments of `order_certificate`."""
        given = {**self.cleaned_data}
        years, amount = given.pop("offer")
        return {**given, "years": years, "agreed_amount": amount, "renews": given["renews"] or None}

    def show(self, refusal: Refusal) -> None:
        """Put a refusal where it belongs: beside its fields, or above all of them."""
        for error in refusal.errors:
            self.add_error(error.pointer.removeprefix("/"), error.detail)
        if not refusal.errors:
            self.add_error(None, str(refusal.detail))


def _offer_in_words(price: CertificatePrice) -> str:
    locale = (get_language() or "en").replace("-", "_")
    words = ngettext("%(years)d year, %(amount)s without VAT", "%(years)d years, %(amount)s without VAT", price.years)
    return words % {"years": price.years, "amount": format_currency(price.amount, "EUR", locale=locale)}
