"""What staff fill in for the catalogue: plans, their prices, additional services and special terms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.queries import find_customer
from billing.models import AddOn, Plan, Subscription
from billing.rules.rating import SpecialTerms, Terms
from kernel.errors import NotFound
from kernel.staff import ReasonForm

EXTRAS = ("included_users", "extra_user_price", "included_storage_gb", "storage_gb_price")


class _Line(forms.CharField):
    widget = UnfoldAdminTextInputWidget


class _Count(forms.IntegerField):
    widget = UnfoldAdminIntegerFieldWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 2_000_000_000, **options})


class _Amount(forms.DecimalField):
    """Euros and cents without VAT."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"decimal_places": 2, "max_digits": 14, **options})


class _UnitPrice(_Amount):
    """The price of one, to a ten-thousandth of a cent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"decimal_places": 6, **options})


class _Day(forms.DateField):
    widget = UnfoldAdminSingleDateWidget


class _CustomerField(_Line):
    """A customer, named by its id or its address."""

    def __init__(self, **options: Any) -> None:
        help_text = _("Its id, or its address in the portal: what follows /c/.")
        super().__init__(**{"label": _("Customer"), "max_length": 63, "help_text": help_text, **options})

    def clean(self, value: Any) -> str | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return find_customer(text)
        except NotFound:
            raise forms.ValidationError(_("There is no customer with this id or address.")) from None


class PlanForm(ReasonForm):
    """A plan without prices."""

    code = forms.SlugField(label=_("Code"), max_length=40, widget=UnfoldAdminTextInputWidget())
    name = _Line(label=_("Name"), max_length=80)
    position = _Count(label=_("Place on the price list"), min_value=1, max_value=32_000)
    public = forms.BooleanField(
        label=_("On the public price list"), required=False, widget=UnfoldBooleanWidget, initial=False
    )
    long_notice = forms.BooleanField(
        label=_("API service or enterprise plan: prices rise three months after notice"),
        required=False,
        widget=UnfoldBooleanWidget,
        initial=True,
    )


class _PricesForm(ReasonForm):
    monthly_fee = _Amount(label=_("Fee a month, EUR without VAT"), required=False)
    included = _Count(label=_("Seals a month"), required=False)
    overage_unit_price = _UnitPrice(label=_("Each seal beyond, EUR"), required=False)
    setup_fee = _Amount(label=_("Set-up fee, once, EUR"), required=False)
    included_users = _Count(label=_("Users in the plan"), required=False)
    extra_user_price = _UnitPrice(label=_("Each user beyond, a month, EUR"), required=False)
    included_storage_gb = _Count(label=_("GB of storage in the plan"), required=False)
    storage_gb_price = _UnitPrice(label=_("Each GB beyond, a month, EUR"), required=False)


class PlanVersionForm(_PricesForm):
    """New prices of a plan. Sent without `seen`, they are shown to whom they apply first."""

    plan = forms.ModelChoiceField(label=_("Plan"), queryset=Plan.objects, widget=UnfoldAdminSelectWidget)
    effective_on = _Day(label=_("From"))
    individual = forms.BooleanField(
        label=_("By individual agreement: no prices here"), required=False, widget=UnfoldBooleanWidget
    )
    seen = forms.BooleanField(
        label=_("I have seen whom it concerns: publish"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("Leave it empty to be shown first who is told, and from when they have the new prices."),
    )
    field_order = ("plan", "effective_on", "individual")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("individual"):
            for name in ("monthly_fee", "included", "overage_unit_price", "setup_fee"):
                if given.get(name) is None and name not in self.errors:
                    self.add_error(name, _("A plan that is not by individual agreement has this."))
        return given


class PlacementForm(ReasonForm):
    """Who is put on which plan."""

    customer = _CustomerField()
    plan = forms.ModelChoiceField(label=_("Plan"), queryset=Plan.objects, widget=UnfoldAdminSelectWidget)
    interval = forms.ChoiceField(
        label=_("Interval"), choices=Subscription.Interval, widget=UnfoldAdminSelectWidget, initial="month"
    )


class AddOnForm(ReasonForm):
    """A service for everybody, or for one customer."""

    code = forms.SlugField(label=_("Code"), max_length=40, widget=UnfoldAdminTextInputWidget())
    name = _Line(label=_("Name"), max_length=120, help_text=_("It stands on invoices."))
    description = forms.CharField(
        label=_("Description"), max_length=1000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    interval = forms.ChoiceField(label=_("Charged"), choices=AddOn.Interval, widget=UnfoldAdminSelectWidget)
    amount = _Amount(label=_("Price of one without VAT, EUR"))
    customer = _CustomerField(label=_("For this customer alone"), required=False)


class AddOnPriceForm(ReasonForm):
    """A new price of a service."""

    amount = _Amount(label=_("Price of one without VAT, EUR"))
    effective_on = _Day(label=_("From"))


class SpecialTermsForm(_PricesForm):
    """What was signed; what is left empty is as the plan says."""

    customer = _CustomerField()
    starts_on = _Day(label=_("From, the first of a month"))
    ends_on = _Day(
        label=_("Until before"), required=False, help_text=_("The first of a month. Without an end if left empty.")
    )
    signed_on = _Day(label=_("Signed on"))
    document = forms.FileField(
        label=_("Signed document"),
        max_length=200,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("A PDF of 10 MB at most. The customer can download it."),
    )
    field_order = ("customer", "starts_on", "ends_on", "signed_on", "document")


class EndForm(ReasonForm):
    """From when what was signed no longer holds."""

    ends_on = _Day(label=_("From, the first of a month"))


def terms_given(given: dict[str, Any]) -> Terms | None:
    """The prices of a plan, as they were filled in; None by individual agreement."""
    if given["individual"]:
        return None
    return Terms(
        monthly_fee=given["monthly_fee"],
        included=given["included"],
        overage_unit_price=given["overage_unit_price"],
        **{name: given[name] for name in EXTRAS},
    )


def overrides_given(given: dict[str, Any]) -> SpecialTerms:
    """What was agreed instead of a plan's prices, as it was filled in."""
    names = ("monthly_fee", "included", "overage_unit_price", "setup_fee", *EXTRAS)
    return SpecialTerms(**{name: given[name] for name in names})
