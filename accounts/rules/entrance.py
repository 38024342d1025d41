"""How often one may try to get in, as allauth writes it: a number / a span / per what it is counted.

Nobody who only knows an address can lock its owner out: failures of strangers are counted apart from those of browsers
in which the owner has signed in before, and neither passkeys nor codes by mail know the count of passwords.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

# Wrong passwords: from one network address for whomever, and for one e-mail address from everywhere together.
PASSWORDS_FROM_ONE_ADDRESS = "10/m/ip"
PASSWORDS_OF_STRANGERS = "5/5m/key"
PASSWORDS_IN_A_KNOWN_BROWSER = "10/5m/key"

# Codes by mail: for one e-mail address from one network address or known browser, and from everywhere, so that nobody's
# mailbox is flooded.
CODES_FROM_ONE_PLACE = "3/5m/key"
CODES_FOR_ONE_MAILBOX = "20/h/key"

REMEMBERED_FOR = timedelta(days=365)  # clause D2
SESSION_LASTS = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)

_MOST_PEOPLE = 5  # who share a browser


def method_of(records: list[Mapping[str, object]]) -> str:
    """How somebody signed in, by allauth's records of the steps: `passkey`, `password`, `code`, `sso`, or empty."""
    first = records[0] if records else {}
    if first.get("method") == "mfa":
        return "passkey"
    return {"password": "password", "code": "code", "socialaccount": "sso"}.get(str(first.get("method")), "")


def known_people(cookie: object, *, at: float) -> dict[str, float]:
    """Who has signed in with the browser that holds this cookie, and until when (seconds) that is remembered."""
    if not isinstance(cookie, dict):
        return {}
    return {str(person): float(until) for person, until in cookie.items() if float(until) > at}


def with_person(known: Mapping[str, float], person: str, *, at: float) -> dict[str, float]:
    """The same with one more person; of very many the first to be forgotten goes."""
    more = {**known, person: at + REMEMBERED_FOR.total_seconds()}
    return dict(sorted(more.items(), key=lambda entry: entry[1])[-_MOST_PEOPLE:])
