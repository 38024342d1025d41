"""What the seal page asks."""

from __future__ import annotations

import base64
import binascii

from django import forms
from django.utils.translation import gettext_lazy as _

from sealing.rules.requests import CONTAINERS, MAX_REFERENCE_LENGTH, MAX_TEXT_LENGTH


class SealForm(forms.Form):
    """One file, or its name and SHA-256 when it stays with its owner, and the options folded away."""

    file = forms.FileField(label=_("Document"), required=False)
    digest = forms.CharField(required=False, max_length=44)
    name = forms.CharField(required=False, max_length=1000)
    mode = forms.ChoiceField(
        label=_("Mode"), required=False, choices=[("live", _("Live seal")), ("test", _("Test seal, never billed"))]
    )
    level = forms.ChoiceField(
        label=_("Level"),
        required=False,
        initial="B-LT",
        choices=[
            ("B-LT", _("B-LT: can be verified for years, without asking anybody")),
            ("B-LTA", _("B-LTA: with an archive timestamp over everything, for decades")),
            ("B-T", _("B-T: smaller, with the timestamp only")),
        ],
    )
    container = forms.ChoiceField(required=False, choices=[(ending, ending) for ending in CONTAINERS])
    reason = forms.CharField(label=_("Reason"), required=False, max_length=MAX_TEXT_LENGTH)
    location = forms.CharField(label=_("Place"), required=False, max_length=MAX_TEXT_LENGTH)
    reference = forms.CharField(label=_("Your reference"), required=False, max_length=MAX_REFERENCE_LENGTH)

    def clean_digest(self) -> bytes:
        """The digest itself, from base64."""
        try:
            return base64.b64decode(self.cleaned_data["digest"], validate=True)
        except binascii.Error as error:
            raise forms.ValidationError(_("This must be base64.")) from error

    def clean(self) -> None:
        """Exactly one of the two must be there."""
        if bool(self.cleaned_data.get("file")) == bool(self.cleaned_data.get("digest")):
            raise forms.ValidationError(_("Choose a file, and check the options."))


class VerifyForm(forms.Form):
    """One file of anybody's."""

    file = forms.FileField(label=_("Signed file"), allow_empty_file=True)
