"""What the usage page can be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

from babel.dates import format_skeleton
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing.queries import Orderer, UsageChoices, UsageFilter
from billing.rules.months import month_named


class UsageForm(forms.Form):
    """The filters of the usage page, kept in its address; only those that the reader has a choice in."""

    period = forms.TypedChoiceField(label=_("Month"), required=False, coerce=month_named, empty_value=None)
    member = forms.ChoiceField(label=_("Member"), required=False)
    token = forms.ChoiceField(label=_("API token"), required=False)

    def __init__(self, asked: Mapping[str, str], choices: UsageChoices) -> None:
        super().__init__(asked)
        months = [*choices.months]
        earlier = month_named(asked.get("period", ""))
        if earlier is not None and earlier not in months:  # an address may name any month
            months.append(earlier)
        self._offer("period", [(f"{month:%Y-%m}", _month_name(month)) for month in months])
        self._offer("member", _orderers(_("All members"), _("No longer here"), choices.members))
        self._offer("token", _orderers(_("All tokens"), _("Revoked tokens"), choices.tokens))

    def _offer(self, name: str, choices: list[Any]) -> None:
        if choices:
            cast(forms.ChoiceField, self.fields[name]).choices = choices
        else:
            del self.fields[name]

    @property
    def month(self) -> date | None:
        """The month asked for, by its first day; None for the current one."""
        return self.cleaned_data.get("period")

    @property
    def narrowed(self) -> UsageFilter:
        """The filter to ask the query for."""
        asked = self.cleaned_data
        return UsageFilter(member_id=asked.get("member", ""), token_id=asked.get("token", ""))


class UsageRowsForm(UsageForm):
    """The same for the rows behind the figures, which can be of one day."""

    day = forms.DateField(required=False, widget=forms.HiddenInput)

    @property
    def narrowed(self) -> UsageFilter:
        """The filter to ask the query for."""
        return replace(super().narrowed, on=self.cleaned_data.get("day"))


def _month_name(month: date) -> str:
    return str(format_skeleton("yMMMM", month, locale=(get_language() or "en").replace("-", "_")))


def _orderers(all_of_them: object, gone: object, orderers: Sequence[Orderer]) -> list[Any]:
    """Those who are there, then in a group of their own those who were."""
    if not orderers:
        return []
    present = [(orderer.id, orderer.name) for orderer in orderers if not orderer.gone]
    past = [(orderer.id, orderer.name) for orderer in orderers if orderer.gone]
    return [("", all_of_them), *present, *([(gone, past)] if past else [])]
