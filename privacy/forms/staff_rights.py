"""What staff fill in for requests about personal data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from privacy.catalogue import RULE
from privacy.forms.staff import InwardReasonForm
from privacy.models.rights import GROUNDS, RESULTS
from privacy.rules.rights import RefusalGround, Result

_CLASS = "class_"


class _Words(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), max_length=8000, **options)


class ScopeForm(InwardReasonForm):
    """What a request covers."""

    scope = _Words(
        label=_("What it covers"),
        help_text=_("Which data, and who is responsible for them. The requester reads it, in their language."),
    )


class ExtensionForm(InwardReasonForm):
    """Why two months more are needed."""

    reasons = _Words(
        label=_("Reasons"), help_text=_("Complexity or number of the requests, and how. The requester reads it.")
    )


class RestrictionEndForm(InwardReasonForm):
    """Why a restriction ends."""

    reasons = _Words(
        label=_("Reasons"), help_text=_("Why nothing stands against using the data. The requester reads it.")
    )


class RefusalForm(InwardReasonForm):
    """On which ground, and in which words."""

    ground = forms.TypedChoiceField(
        label=_("Ground"),
        choices=[(key.value, words) for key, words in GROUNDS.items()],
        coerce=RefusalGround,
        widget=UnfoldAdminSelectWidget,
    )
    words = _Words(label=_("Why it holds here"), help_text=_("The requester reads it."))


class ForwardForm(InwardReasonForm):
    """To which customer."""

    customer = forms.CharField(
        label=_("Customer"),
        max_length=63,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Its id, or its address in the portal. The requester is never told which it is."),
    )


class AnswerForm(InwardReasonForm):
    """What is answered; a field for each class of data is added by `answer_form`."""

    answer = _Words(
        label=_("Answer"), help_text=_("In the language of the requester. What comes of each class follows below it.")
    )


def results_of(given: Mapping[str, Any]) -> dict[str, Result]:
    """The chosen result of each class, by the key of its rule."""
    return {name.removeprefix(_CLASS): value for name, value in given.items() if name.startswith(_CLASS)}


def answer_form(usual: Mapping[str, Result]) -> type[AnswerForm]:
    """The form with a field for each class, at what is usual for it."""
    choices = [(key.value, words) for key, words in RESULTS.items()]
    fields = {
        f"{_CLASS}{key}": forms.TypedChoiceField(
            label=gettext(RULE[key].words),
            choices=choices,
            initial=result.value,
            coerce=Result,
            widget=UnfoldAdminSelectWidget,
        )
        for key, result in usual.items()
    }
    return type("AnswerForm", (AnswerForm,), fields)
