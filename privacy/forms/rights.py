"""What people fill in to ask about their data, and customers to close what was passed on to them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.applications import country_choices
from privacy.models.rights import KINDS
from privacy.rules.rights import LONGEST_MESSAGE, RequestKind


def _message() -> forms.CharField:
    return forms.CharField(
        label=_("What exactly?"),
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What is wrong, which data you mean, since when. You need not say why. Please send no documents."),
    )


def _about_documents() -> forms.BooleanField:
    return forms.BooleanField(
        label=_("It is also about documents that others keep here"),
        required=False,
        help_text=_(
            "Documents belong to our customers, who decide about them. We pass your request on to those who know your "
            "address. We may not tell you which, or whether there are any: they write to you themselves."
        ),
    )


class OwnRequestForm(forms.Form):
    """A request of somebody who is signed in. An objection to advertising is a button of its own."""

    kind = forms.ChoiceField(
        label=_("What do you want?"),
        widget=forms.RadioSelect,
        choices=[(key.value, words) for key, words in KINDS.items() if key is not RequestKind.OBJECTION_MARKETING],
    )
    message = _message()
    about_documents = _about_documents()


class RightsRequestForm(forms.Form):
    """A request of anybody else. `website` is a trap for programs: people do not see it."""

    kind = forms.ChoiceField(
        label=_("What do you want?"),
        widget=forms.RadioSelect,
        choices=[(key.value, words) for key, words in KINDS.items()],
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("The one that your data are about. We send a link there to see that it is yours."),
    )
    name = forms.CharField(
        label=_("Your name"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    country = forms.ChoiceField(
        label=_("Country where you live"),
        required=False,
        choices=lambda: [("", _("Not chosen")), *country_choices()],
        help_text=_("So that our answer names the right authority."),
    )
    message = _message()
    about_documents = _about_documents()
    website = forms.CharField(required=False)

    @property
    def is_trapped(self) -> bool:
        """Whether a program filled in what people do not see."""
        return bool(self.cleaned_data["website"])


class ForwardedForm(forms.Form):
    """How a forwarded request ended."""

    note = forms.CharField(
        label=_("Note for your own records"),
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
