"""What a person can choose for themselves, and a stranger for this browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.forms.applications import country_choices, plain_name

_UNIVERSAL = "Etc/UTC"


def _zone_choices() -> Iterator[tuple[str, Any]]:
    """Time zones by country and city in the reader's language; first the operator's, which is meant by no choice."""
    locale = (get_language() or "en").replace("-", "_")
    yield "", _("As the operator (%(place)s)") % {"place": _place(settings.OPERATOR_TIME_ZONE, locale)}
    yield _UNIVERSAL, _("Universal time (UTC)")
    yield from _zones(locale)


@cache
def _zones(locale: str) -> list[tuple[str, str]]:
    names = available_timezones() & get_global("zone_territories").keys() - get_global("zone_aliases").keys()
    return sorted(((name, _place(name, locale)) for name in names), key=lambda zone: zone[1])


def _place(name: str, locale: str) -> str:
    """Where a zone is: "Lithuania, Vilnius" and not "Europe/Vilnius"."""
    language = Locale.parse(locale)
    city = language.time_zones.get(name, {}).get("city") or name.rpartition("/")[2].replace("_", " ")
    country = language.territories.get(get_global("zone_territories").get(name, ""), "")
    return f"{country}, {city}" if country else city


class ChoicesForm(forms.Form):
    """Language, country and time zone (clause C10)."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        choices=lambda: [("", _("Not chosen")), *country_choices()],
        help_text=_("Filled in for you where a country is asked."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=_zone_choices,
        help_text=_("For times on pages. Dates of a contract are always meant in the operator's time zone."),
    )


class PreferencesForm(ChoicesForm):
    """The same, and the name, of somebody who is signed in."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        validators=[plain_name],
        help_text=_("Colleagues see it, and the audit trail names you by it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["name", "language", "country", "time_zone"]
