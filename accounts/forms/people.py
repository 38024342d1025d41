"""What the pages about members can be sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.forms import ROLE_NAMES
from accounts.models import Membership
from accounts.queries.people import MemberSelection
from accounts.rules.permissions import Role


class MemberFilter(forms.Form):
    """How the list of members is narrowed, as it stands in the address; what makes no sense narrows nothing."""

    q = forms.CharField(required=False, max_length=200)
    role = forms.ChoiceField(required=False, choices=[(role.value, "") for role in Role])
    status = forms.ChoiceField(required=False, choices=[(status.value, "") for status in Membership.Status])

    @property
    def selection(self) -> MemberSelection:
        self.full_clean()
        asked = self.cleaned_data
        return MemberSelection(asked.get("q", ""), asked.get("role", ""), asked.get("status", ""))


class InvitationListForm(forms.Form):
    """A file with people to invite."""

    file = forms.FileField(
        label=_("List of people"),
        help_text=_("A CSV file with one line for each person: e-mail address, then role. Up to 500 lines."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )


class DocumentRulesForm(forms.Form):
    """What all members see and may do."""

    members_see_all = forms.TypedChoiceField(
        label=_("What members see"),
        coerce=lambda value: value == "all",
        choices=[
            ("own", _("Their own documents and those that were shared with them")),
            ("all", _("Every document of the customer")),
        ],
        widget=forms.RadioSelect,
    )
    members_share = forms.BooleanField(label=_("Members may share documents that they had sealed"), required=False)


def role_words() -> dict[str, Role]:
    """Every way in which a list may name a role: its code, and its name in each of our languages, in lower case."""
    words = {role.value: role for role in Role}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words |= {str(name).lower(): role for role, name in ROLE_NAMES.items()}
    return words


def role_choices(*, owner: bool) -> list[tuple[str, Any]]:
    """The roles that somebody may give, with their names."""
    return [(role.value, name) for role, name in ROLE_NAMES.items() if owner or role != Role.OWNER]
