"""What a browser remembers of a person for 12 months (clauses C10, D2), and whom it knows."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import check_for_language

from accounts.models import Person
from accounts.rules.entrance import REMEMBERED_FOR, known_people, with_person

COUNTRY, TIME_ZONE, LAST_METHOD, KNOWN_BROWSER = "country", "time_zone", "last_sign_in", "known_browser"


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that IANA name; None for what is none, whoever wrote it into the cookie."""
    return ZoneInfo(name) if name in _zone_names() else None


def remember(response: HttpResponseBase, name: str, value: str) -> None:
    """Have the browser keep a choice for 12 months, or forget it if there is none."""
    if not value:
        response.delete_cookie(name, samesite="Lax")
        return
    response.set_cookie(
        name,
        value,
        max_age=int(REMEMBERED_FOR.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def remember_language(response: HttpResponseBase, language: str) -> None:
    """The same for the language, in the cookie that Django reads; no choice changes nothing."""
    if language and check_for_language(language):
        remember(response, settings.LANGUAGE_COOKIE_NAME, language)


def remember_preferences(response: HttpResponseBase, person: Person) -> None:
    """Bring a person's choices to the browser they have signed in with."""
    remember_language(response, person.language)
    for name, value in ((COUNTRY, person.country), (TIME_ZONE, person.time_zone)):
        if value:
            remember(response, name, value)


def remember_method(request: HttpRequest, response: HttpResponseBase, method: str) -> None:
    """How somebody came in, where they agreed that it is remembered: it is convenient, and not necessary (D2)."""
    if LAST_METHOD in getattr(request, "allowed_extras", ()):
        remember(response, LAST_METHOD, method)


def remembered_country(request: HttpRequest) -> str:
    """The country chosen in this browser; empty when none was, or what stands there is no code."""
    value = request.COOKIES.get(COUNTRY, "")
    return value if len(value) == 2 and value.isascii() and value.isalpha() else ""


def remembered_zone(request: HttpRequest) -> ZoneInfo | None:
    return zone_named(request.COOKIES.get(TIME_ZONE, ""))


def known_as(request: HttpRequest, person_id: int, now: datetime) -> str:
    """A name for this browser if that person has signed in with it within 12 months; else empty."""
    until = _people(request, now).get(str(person_id))
    return f"{person_id}:{until:.3f}" if until else ""


def introduce(request: HttpRequest, response: HttpResponseBase, person: Person, now: datetime) -> None:
    """Have the browser prove later on that this person has signed in with it."""
    known = with_person(_people(request, now), str(person.pk), at=now.timestamp())
    remember(response, KNOWN_BROWSER, _signer().sign_object(known))


def _people(request: HttpRequest, now: datetime) -> dict[str, float]:
    try:
        cookie = _signer().unsign_object(request.COOKIES.get(KNOWN_BROWSER, ""))
    except (BadSignature, ValueError):
        return {}
    return known_people(cookie, at=now.timestamp())


def _signer() -> Signer:
    return Signer(salt="accounts.known_browser")
