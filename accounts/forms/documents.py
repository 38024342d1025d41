"""Looking through legal documents, and announcing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.forms.applications import country_choices, offer
from accounts.models import LegalDocument
from accounts.queries.documents import readable_text
from accounts.rules.documents import LEADING_LANGUAGE, PUBLIC, Audience, Block, blocks
from kernel.staff import ReasonForm

_KINDS: list[tuple[str, Any]] = [
    (kind, words) for kind, words in LegalDocument._meta.get_field("kind").flatchoices if kind in PUBLIC
]
_AUDIENCES: list[tuple[str, Any]] = list(LegalDocument._meta.get_field("audience").flatchoices)
_LANGUAGES: list[tuple[str, Any]] = [("", _("All languages")), *settings.LANGUAGES]
_EVERYBODY: list[tuple[str, Any]] = [("", _("Everybody")), *_AUDIENCES[1:]]


class ArchiveForm(forms.Form):
    """Which versions are shown: all, or those for one audience, country or language."""

    audience = forms.ChoiceField(label=_("For"), required=False, choices=_EVERYBODY, widget=forms.Select)
    country = forms.ChoiceField(label=_("Country"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False, choices=_LANGUAGES)

    def __init__(self, *args: Any, countries: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        named = dict(country_choices())
        offer(self, "country", [("", gettext("All countries")), *((code, named.get(code, code)) for code in countries)])


class PublishForm(ReasonForm):
    """A version that is to be announced, in all its languages."""

    kind = forms.ChoiceField(label=_("Document"), choices=_KINDS, widget=UnfoldAdminSelectWidget())
    audience = forms.ChoiceField(
        label=_("For"), choices=_AUDIENCES, initial=Audience.ALL, widget=UnfoldAdminSelectWidget()
    )
    country = forms.CharField(
        label=_("Country"),
        required=False,
        max_length=2,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Two capital letters, such as LT. Empty: all countries."),
    )
    effective_on = forms.DateField(label=_("Takes effect on"), widget=UnfoldAdminDateWidget())
    needs_acceptance = forms.BooleanField(
        label=_("Binds only who accepts it"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=_("Otherwise who is told and goes on is bound from that day."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Text in %(language)s") % {"language": name},
                required=code == LEADING_LANGUAGE,
                strip=False,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 16}),
                help_text=_("# title, ## heading, - item, an empty line between parts; {{due_days}} for a number."),
            )
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])

    @property
    def texts(self) -> dict[str, str]:
        """What was written, by language."""
        given = {code: self.cleaned_data.get(f"text_{code}", "") for code, _name in settings.LANGUAGES}
        return {code: text for code, text in given.items() if text.strip()}

    def preview(self) -> list[tuple[str, str, list[Block]]]:
        """Language, title and parts of each text as it would be published; what is not readable becomes an error."""
        shown = []
        for code, text in self.texts.items():
            try:
                title, body = readable_text(text, code)
            except (KeyError, ValueError) as error:
                unreadable = _("Begin with “# ” and the title, and name known placeholders only: %(what)s")
                self.add_error(f"text_{code}", unreadable % {"what": error.args[0]})
            else:
                shown.append((code, title, blocks(body)))
        return shown
