"""What the pages about sealing and documents ask."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime, time, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.clock import legal_zone
from sealing.queries.visibility import Selection
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
    appearance = forms.CharField(required=False)
    reference = forms.CharField(label=_("Your reference"), required=False, max_length=MAX_REFERENCE_LENGTH)
    batch = forms.CharField(required=False, max_length=40)

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


class BatchForm(forms.Form):
    """Opens a batch, whose seals are all live or all tests."""

    mode = forms.ChoiceField(choices=[("live", _("Live seal")), ("test", _("Test seal, never billed"))])


class VerifyForm(forms.Form):
    """One file of anybody's, and the document when the file is only its signature."""

    file = forms.FileField(label=_("Signed file"), allow_empty_file=True)
    document = forms.FileField(label=_("Document"), required=False, allow_empty_file=True)


class DocumentFilter(forms.Form):
    """How the list of documents is narrowed, as it stands in the address; what makes no sense narrows nothing."""

    q = forms.CharField(required=False, max_length=200)
    status = forms.CharField(required=False, max_length=24)
    reference = forms.CharField(required=False, max_length=MAX_REFERENCE_LENGTH)
    label = forms.CharField(required=False, max_length=40)
    shared = forms.ChoiceField(required=False, choices=[("with_me", ""), ("by_me", "")])
    member = forms.CharField(required=False, max_length=40)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    deleted = forms.BooleanField(required=False)
    seal = forms.CharField(required=False, max_length=200_000)

    def clean_seal(self) -> list[str]:
        """The ids that were ticked; the field's own value is only the last of them."""
        return [each for each in self.data.getlist("seal") if "\0" not in each]  # type: ignore[attr-defined]  # a query

    @property
    def selection(self) -> Selection:
        """What was asked for, with whole days of the operator's zone."""
        self.full_clean()
        asked = self.cleaned_data
        return Selection(
            search=asked.get("q", ""),
            status=asked.get("status", ""),
            reference=asked.get("reference", ""),
            label=asked.get("label", ""),
            shared=asked.get("shared", ""),
            member=asked.get("member", ""),
            accepted_from=_beginning(asked.get("since")),
            accepted_before=_beginning(asked.get("until"), days=1),
            deleted=asked.get("deleted", False),
            ids=tuple(asked.get("seal") or ()) or None,
        )


def _beginning(day: date | None, *, days: int = 0) -> datetime | None:
    """The moment at which the day begins, or the one so many days later; None for the last days of the calendar."""
    if day is None or day > date.max - timedelta(days=days + 1):
        return None
    return datetime.combine(day + timedelta(days=days), time.min, legal_zone())
