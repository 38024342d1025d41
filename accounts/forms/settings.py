"""What administrators say about access by staff and about being named as a reference."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.rules.grants import HOURS

_HOURS = {1: _("1 hour"), 2: _("2 hours"), 4: _("4 hours")}


class OfferAccessForm(forms.Form):
    """What support may look at, for how long, and why. Without ids of documents all are meant."""

    purpose = forms.CharField(
        label=_("What should support look at, and why?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One or two sentences. Two members of our staff read them before anybody opens a document."),
    )
    scope = forms.ChoiceField(
        label=_("Which documents?"),
        widget=forms.RadioSelect,
        choices=[("named", _("Only those I name here")), ("all", _("All documents of this customer"))],
        initial="named",
    )
    documents = forms.CharField(
        label=_("Ids of the documents"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "One on each line, unless support may see all documents. A document’s page shows its id, which begins with "
            "“seal_”."
        ),
    )
    content = forms.ChoiceField(
        label=_("How far?"),
        widget=forms.RadioSelect,
        choices=[
            ("names", _("Names and what is on record about the sealing; no file can be opened")),
            ("content", _("The files, too")),
        ],
        initial="names",
    )
    trail = forms.BooleanField(
        label=_("The audit trail, too: who did what for this customer, with names and facts"), required=False
    )
    hours = forms.TypedChoiceField(
        label=_("For how long, once they begin?"),
        coerce=int,
        choices=[(hours, _HOURS[hours]) for hours in HOURS],
        initial=HOURS[0],
    )

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        if given.get("scope") == "named" and not self.seal_ids(given):
            self.add_error("documents", _("Name at least one document, or choose all of them."))
        return given

    def seal_ids(self, given: dict[str, object]) -> list[str]:
        """The ids that were written; none where all documents are meant."""
        return [] if given.get("scope") == "all" else str(given.get("documents") or "").split()


class ReferenceForm(forms.Form):
    """To what an administrator consents; to one of the two at least."""

    name = forms.BooleanField(label=_("The name of this customer"), required=False)
    logo = forms.BooleanField(label=_("Its logo"), required=False)

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        if not (given.get("name") or given.get("logo")):
            raise forms.ValidationError(
                _("Tick the name, the logo or both. Without a tick there is nothing to agree to.")
            )
        return given
