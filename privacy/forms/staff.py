"""What staff fill in for the registers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from kernel.staff import ReasonForm
from privacy.models.registers import OUTCOMES, RISKS, TRANSFER_GROUNDS


class _Line(forms.CharField):
    """One line of text in the staff admin's look."""

    widget = UnfoldAdminTextInputWidget


class _Lines(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), max_length=8000, **options)


class _Day(forms.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), **options)


class _Moment(forms.DateTimeField):
    """A moment in the zone that staff read times in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}), **options)


class _Country(forms.RegexField):
    def __init__(self, **options: Any) -> None:
        words = {"invalid": _("Two letters, such as LT.")}
        super().__init__(r"^[A-Z]{2}$", widget=UnfoldAdminTextInputWidget(), error_messages=words, **options)


class InwardReasonForm(ReasonForm):
    """Why staff act, where no customer reads it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].help_text = _("It is kept in our own audit trail.")


class SubProcessorForm(InwardReasonForm):
    """Who is to work on customers' data for us."""

    name = _Line(label=_("Name"), max_length=200)
    country = _Country(label=_("Country code"))
    purpose = _Line(label=_("What for"), max_length=500)
    categories = _Line(label=_("Which data"), max_length=500)
    transfer_ground = forms.ChoiceField(
        label=_("Why they may go there"),
        choices=[(key.value, words) for key, words in TRANSFER_GROUNDS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    starts_on = _Day(label=_("From"), required=False, help_text=_("The earliest day if you leave it empty."))


class EndSubProcessorForm(InwardReasonForm):
    """The first day without it."""

    ends_on = _Day(label=_("Gone from this day on"))


class DisclosureForm(InwardReasonForm):
    """What an authority asked for, and was given."""

    customer = _Line(
        label=_("Customer"), max_length=63, help_text=_("Its id, or its address in the portal: what follows /c/.")
    )
    authority = _Line(label=_("Court or authority"), max_length=200)
    country = _Country(label=_("Country code"))
    legal_basis = _Line(label=_("Legal basis"), max_length=300)
    reference = _Line(label=_("Reference of the order"), max_length=120)
    outcome = forms.ChoiceField(
        label=_("What came of it"),
        choices=[(key.value, words) for key, words in OUTCOMES.items()],
        widget=UnfoldAdminSelectWidget,
    )
    what = _Lines(label=_("What was asked for, and what was given"), help_text=_("The customer reads it."))
    requested_on = _Day(label=_("Asked for on"))
    disclosed_on = _Day(label=_("Given on"), required=False)
    grant_id = _Line(
        label=_("Access grant"),
        max_length=40,
        required=False,
        help_text=_("Its id, if documents were looked at for this."),
    )
    secrecy_ground = _Line(
        label=_("What forbids to tell the customer"),
        max_length=300,
        required=False,
        help_text=_("The law or the order. Leave it empty if nothing does: then the customer is told at once."),
    )
    silent_until = _Day(label=_("Forbidden before"), required=False)


class SecrecyForm(InwardReasonForm):
    """Until when the customer may not be told."""

    secrecy_ground = _Line(label=_("What forbids to tell the customer"), max_length=300, required=False)
    silent_until = _Day(
        label=_("Forbidden before"),
        required=False,
        help_text=_("If you leave it empty, the customer is told at once."),
    )


class BreachForm(InwardReasonForm):
    """That personal data were lost, changed or seen by somebody who should not."""

    title = _Line(label=_("Title"), max_length=200)
    nature = _Lines(label=_("What happened"))
    aware_at = _Moment(label=_("We know of it since"), help_text=_("The 72 hours count from here."))
    began_at = _Moment(label=_("It began, as far as anybody knows"), required=False)
    of_customers = forms.BooleanField(
        label=_("Data that we process for customers are among it"), required=False, widget=UnfoldBooleanWidget
    )


class AssessmentForm(InwardReasonForm):
    """What it means for people."""

    risk = forms.ChoiceField(
        label=_("Risk"),
        choices=[(key.value, words) for key, words in RISKS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    risk_reasons = _Lines(label=_("Why you judge it so"))
    categories = _Lines(label=_("Kinds of people and of data"))
    people = forms.IntegerField(label=_("How many people, about"), min_value=0, required=False)
    records = forms.IntegerField(label=_("How many records, about"), min_value=0, required=False)
    consequences = _Lines(label=_("Likely consequences"))
    measures = _Lines(label=_("What was done, and what will be"))


class AuthorityToldForm(InwardReasonForm):
    """That the authority was told."""

    authority = _Line(label=_("Authority"), max_length=200)
    reference = _Line(label=_("Its reference"), max_length=120, required=False)
    told_at = _Moment(label=_("Told at"))
    delay_reasons = _Lines(
        label=_("Reasons for the delay"), required=False, help_text=_("Needed if the 72 hours were over by then.")
    )


class PeopleToldForm(InwardReasonForm):
    """That the people were told, or why they are not."""

    told_at = _Moment(label=_("Told at"), required=False)
    people_reason = _Lines(label=_("Or why they are not told"), required=False)


class TellCustomersForm(InwardReasonForm):
    """Which customers are told of a breach, in which words."""

    customers = _Lines(
        label=_("Customers"),
        required=False,
        help_text=_("One on each line, by id or by its address in the portal; all customers if you leave it empty."),
    )
    words = _Lines(label=_("What they are told"), help_text=_("What happened, what it means, and what they can do."))

    def clean_customers(self) -> list[str]:
        given: str = self.cleaned_data["customers"]
        return given.split()
