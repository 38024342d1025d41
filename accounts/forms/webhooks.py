"""What the pages about webhooks and events can be sent."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.rules.events import PUBLIC

# By their noun, for there are too many to read through.
_TYPES = [
    (noun, [(name, _(PUBLIC[name].words)) for name in names])
    for noun, names in groupby(sorted(PUBLIC), key=lambda name: name.split(".")[0])
]


class WebhookForm(forms.Form):
    """`first` is for a new one, whose mode is chosen."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        help_text=_("Of your server, beginning with https://. Every message is signed, so it needs no password."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(label=_("What it is for"), max_length=200, required=False)
    mode = forms.ChoiceField(
        label=_("Mode"),
        widget=forms.RadioSelect,
        choices=[
            ("live", _("Live: everything but test seals")),
            ("test", _("Test: test seals only, to try it out")),
        ],
        initial="live",
    )
    types = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=_TYPES,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means all, also those that are added later."),
    )

    def __init__(self, *args: Any, first: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not first:
            del self.fields["mode"]


class SinceForm(forms.Form):
    """Since which moment what failed is sent again."""

    since = forms.DateTimeField(
        label=_("Failed since"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
