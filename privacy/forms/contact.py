"""The public contact form, and the choice of a country for a complaint."""

from __future__ import annotations

from typing import Any

from babel import Locale
from django import forms
from django.conf import settings
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _

from privacy.models.registers import TOPICS
from privacy.rules.authorities import AUTHORITIES
from privacy.rules.contact import LONGEST_MESSAGE, text_hash


def consent_text() -> str:
    """The words that are agreed to, in the language of the moment; kept with the message as they are (clause D12)."""
    return gettext(
        "I agree that %(operator)s uses my name, my e-mail address and my message to answer me. They are deleted 12 "
        "months after the answer. I can withdraw this consent at any time: then they are deleted at once."
    ) % {"operator": settings.OPERATOR_NAME}


class ContactForm(forms.Form):
    """A message to the operator. `website` is a trap for programs: people do not see it.

    `shown` is the hash of the consent that stood beside the box, so that nobody agrees to words they did not see.
    """

    topic = forms.ChoiceField(
        label=_("What is it about?"), choices=[(key.value, words) for key, words in TOPICS.items()]
    )
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    message = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("Please send no documents and no passwords."),
    )
    consent = forms.BooleanField(error_messages={"required": _("We may answer you only if you agree.")})
    shown = forms.CharField(widget=forms.HiddenInput)
    website = forms.CharField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["consent"].label = consent_text()
        self.fields["shown"].initial = text_hash(consent_text())

    def clean_shown(self) -> str:
        shown: str = self.cleaned_data["shown"]
        if shown != text_hash(consent_text()):
            raise forms.ValidationError(_("The words that you agree to have changed. Please read them again."))
        return shown

    @property
    def is_trapped(self) -> bool:
        """Whether a program filled in what people do not see."""
        return bool(self.cleaned_data["website"])


class CountryForm(forms.Form):
    """Where somebody lives, works, or thinks that the law was broken: each has an authority (GDPR 77)."""

    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE)).territories
        named = sorted((str(names.get(code, code)), code) for code in AUTHORITIES)
        self.fields["country"] = forms.ChoiceField(label=_("Country"), choices=[(code, name) for name, code in named])
