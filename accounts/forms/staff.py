"""What staff fill in for cases, access grants and suspensions."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.models import Customer
from accounts.rules.cases import OldOwners
from accounts.rules.grants import HOURS
from accounts.rules.suspensions import Ground
from kernel.staff import ReasonForm

_OLD_OWNERS = {
    OldOwners.END: _("Their access ends"),
    OldOwners.ADMINISTRATOR: _("They become administrators"),
    OldOwners.KEEP: _("They stay owners"),
}
_GROUNDS = {
    Ground.ABUSE: _("Abuse of the service"),
    Ground.PROHIBITED_CONTENT: _("Prohibited content"),
    Ground.RESALE: _("Resale without an agreement"),
    Ground.SANCTIONS: _("Sanctions"),
    Ground.NON_PAYMENT: _("Unpaid invoices"),
    Ground.SECURITY: _("A danger to security"),
    Ground.OTHER: _("Another breach of the terms"),
}
_DOCUMENT_ID = re.compile(r"seal_[0-9a-hjkmnp-tv-z]{26}")


class _Line(forms.CharField):
    """One line of text in the staff admin's look."""

    widget = UnfoldAdminTextInputWidget


class _Choice(forms.ChoiceField):
    widget = UnfoldAdminSelectWidget


class _Day(forms.DateField):
    widget = UnfoldAdminSingleDateWidget


def _customer_id(value: str) -> str:
    """The id of the customer that staff named by id or by its address in the portal."""
    value = value.strip()
    found = Customer.objects.filter(id=value).first() or Customer.objects.filter(slug=value).first()
    if found is None:
        raise forms.ValidationError(_("There is no customer with this id or address."))
    return str(found.id)


class SuspensionForm(ReasonForm):
    """On which ground, and when it is looked at again."""

    ground = _Choice(
        label=_("Ground"),
        choices=[(each.value, words) for each, words in _GROUNDS.items()],
        required=False,
        initial=Ground.OTHER.value,  # the customer reads it: no accusation by default
    )
    review_on = _Day(label=_("Look at it again on"), required=False, help_text=_("In 30 days if you leave it empty."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].help_text = _("The customer reads it on the page it now sees, and in a mail.")


class _CustomerForm(ReasonForm):
    customer = _Line(
        label=_("Customer"), max_length=63, help_text=_("Its id, or its address in the portal: what follows /c/.")
    )

    def clean_customer(self) -> str:
        return _customer_id(self.cleaned_data["customer"])


class _CaseForm(_CustomerForm):
    asked_by_name = _Line(label=_("Who asks"), max_length=200)
    asked_by_contact = _Line(label=_("How to reach them"), max_length=200)
    asked_by_capacity = _Line(
        label=_("As what they speak"),
        max_length=200,
        help_text=_("Such as: member of the board, insolvency practitioner."),
    )


class ReplacementForm(_CaseForm):
    """Who is to become owner, and what of those who are (clause C4)."""

    email = forms.EmailField(
        label=_("Address of the new owner"), max_length=254, widget=UnfoldAdminTextInputWidget(attrs={"type": "email"})
    )
    old_owners = _Choice(
        label=_("The owners now"), choices=[(each.value, words) for each, words in _OLD_OWNERS.items()]
    )


class TransferForm(_CaseForm):
    """The entity to which the account passes (clause C12)."""

    name = _Line(label=_("Registered name of the new entity"), max_length=200)
    kind = _Choice(
        label=_("Kind"),
        choices=[
            (Customer.Kind.LEGAL_ENTITY.value, _("A company or another legal entity")),
            (Customer.Kind.NATURAL_PERSON.value, _("A natural person")),
        ],
    )
    country = _Line(label=_("Country code"), min_length=2, max_length=2)
    register_number = _Line(label=_("Number in the trade register"), max_length=40, required=False)
    vat_number = _Line(label=_("VAT number"), max_length=40, required=False)
    effective_on = _Day(label=_("From"), help_text=_("Not before three business days after the decision."))

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if not country.isalpha():
            raise forms.ValidationError(_("Two letters, such as LT."))
        return country


class EvidenceForm(ReasonForm):
    """A file that shows a right to act."""

    file = forms.FileField(
        label=_("File"), max_length=200, widget=UnfoldAdminFileFieldWidget, help_text=_("20 MB at most.")
    )


class TicketForm(ReasonForm):
    """The support request that a grant is for."""

    ticket = _Line(label=_("Ticket"), max_length=80)


class OrderAccessForm(_CustomerForm):
    """What a court or an authority ordered (clauses D7, D8)."""

    authority = _Line(label=_("Court or authority"), max_length=200)
    order_reference = _Line(label=_("Reference of the order"), max_length=120)
    ticket = _Line(label=_("Ticket"), max_length=80)
    documents = forms.CharField(
        label=_("Ids of the documents"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("One on each line; all documents if you leave it empty. No more than the order needs."),
    )
    with_content = forms.BooleanField(label=_("The files, too"), required=False, widget=UnfoldBooleanWidget)
    with_trail = forms.BooleanField(label=_("The audit trail, too"), required=False, widget=UnfoldBooleanWidget)
    hours = forms.TypedChoiceField(
        label=_("Hours"), coerce=int, choices=[(each, each) for each in HOURS], widget=UnfoldAdminSelectWidget
    )
    silent_until_on = _Day(
        label=_("The order forbids to tell the customer before"),
        required=False,
        help_text=_("Leave it empty if it does not: then the customer is told at once."),
    )

    def clean_documents(self) -> list[str]:
        ids: list[str] = self.cleaned_data["documents"].split()
        if not all(_DOCUMENT_ID.fullmatch(each) for each in ids):
            raise forms.ValidationError(_("Ids of documents begin with “seal_”."))
        return ids
