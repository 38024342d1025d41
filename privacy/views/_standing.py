"""What a browser has answered about cookies, and what therefore may be done in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import Morsel
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponseBase

from privacy.rules import cookies as rules
from privacy.rules.cookie_registry import EXTRAS
from privacy.rules.cookies import CHOICE_KEPT, Consent, Extra

CONSENT = "consent"


@dataclass(frozen=True)
class Standing:
    """For one request: the last answer, whether the browser objects by itself, and what follows from both."""

    consent: Consent | None
    objects: bool
    offered: tuple[Extra, ...]
    allowed: tuple[Extra, ...]
    must_ask: bool

    @property
    def asking(self) -> list[Extra]:
        """What the banner is about."""
        return [extra for extra in self.offered if extra.asks]

    @property
    def allowed_keys(self) -> frozenset[str]:
        return frozenset(extra.key for extra in self.allowed)


def standing_of(request: HttpRequest, now: datetime) -> Standing:
    """Read the browser's cookie and its signal (Sec-GPC)."""
    consent = _read(request.COOKIES.get(CONSENT, ""))
    objects = request.headers.get("Sec-GPC") == "1"
    offered = rules.offered(EXTRAS, {extra.setting for extra in EXTRAS if setting_of(extra)})
    return Standing(
        consent=consent,
        objects=objects,
        offered=offered,
        allowed=rules.allowed(consent, offered, objects=objects, now=now),
        must_ask=rules.must_ask(consent, offered, objects=objects, now=now),
    )


def setting_of(extra: Extra) -> str:
    """The value that switches an extra on; empty when it is off, or our own."""
    return str(getattr(settings, extra.setting)) if extra.setting else ""


def keep(response: HttpResponseBase, consent: Consent) -> None:
    """Have the browser keep an answer: by HTTP, because Safari forgets after a week what a script has set."""
    value = {
        "id": consent.id,
        "at": int(consent.given_at.timestamp()),
        "answered": dict(consent.answered),
        "accepted": sorted(consent.accepted),
        "despite": consent.despite_signal,
    }
    response.set_cookie(
        CONSENT,
        _signer().sign_object(value),
        max_age=int(CHOICE_KEPT.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(request: HttpRequest, response: Any, withdrawn: Iterable[Extra]) -> None:
    """Delete the cookies of extras that were withdrawn, for this host and every domain above it that allows it.

    A response keeps one cookie by name; a key of its own for each domain lets it say all of them.
    """
    for name in rules.leftovers(request.COOKIES, withdrawn):
        for domain in ["", *rules.domains_above(request.get_host().partition(":")[0])]:
            cookie: Morsel[str] = Morsel()
            cookie.set(name, "", "")
            cookie.update({"path": "/", "max-age": "0", "expires": "Thu, 01 Jan 1970 00:00:00 GMT", "samesite": "Lax"})
            if domain:
                cookie["domain"] = domain
            dict.__setitem__(response.cookies, f"{name} {domain}", cookie)


def _read(cookie: str) -> Consent | None:
    """The answer in a cookie; None for what is none, or was not written by us."""
    try:
        value = _signer().unsign_object(cookie)
        return Consent(
            id=value["id"],
            given_at=datetime.fromtimestamp(value["at"], UTC),
            answered=value["answered"],
            accepted=frozenset(value["accepted"]),
            despite_signal=value["despite"],
        )
    except (BadSignature, ValueError, KeyError, TypeError):
        return None


def _signer() -> Signer:
    return Signer(salt="privacy.consent")
