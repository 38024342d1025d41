"""What the seal page asks."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from sealing.rules.requests import MAX_REFERENCE_LENGTH, MAX_TEXT_LENGTH


class SealForm(forms.Form):
    """One file and the options folded away."""

    file = forms.FileField(label=_("Document"))
    mode = forms.ChoiceField(
        label=_("Mode"), required=False, choices=[("live", _("Live seal")), ("test", _("Test seal, never billed"))]
    )
    level = forms.ChoiceField(
        label=_("Level"),
        required=False,
        initial="B-LT",
        choices=[
            ("B-LT", _("B-LT: can be verified for years, without asking anybody")),
            ("B-T", _("B-T: smaller, with the timestamp only")),
        ],
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=MAX_TEXT_LENGTH)
    location = forms.CharField(label=_("Place"), required=False, max_length=MAX_TEXT_LENGTH)
    reference = forms.CharField(label=_("Your reference"), required=False, max_length=MAX_REFERENCE_LENGTH)


class VerifyForm(forms.Form):
    """One file of anybody's."""

    file = forms.FileField(label=_("Signed file"), allow_empty_file=True)
