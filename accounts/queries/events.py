"""What customers can read of the stream of events: the feed."""

from __future__ import annotations

import json
import re
from base64 import b32encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.rules.events import BY_NAME, PUBLIC, content_of, inner_names, message
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput
from kernel.stream import BEGINNING, Happened, Place, events_after, events_before

PAGE = 100
_PLACE = re.compile(r"e(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as its customer knows it. `id` is also the message id of webhooks, so that both can be compared."""

    id: str
    type: str
    at: datetime
    message: dict[str, Any]

    @property
    def text(self) -> str:
        """The message as people read it."""
        return json.dumps(self.message, ensure_ascii=False, indent=2)


@dataclass(frozen=True, slots=True)
class EventPage:
    """`next` is the place to ask from the next time, whether or not there is `more` already."""

    events: list[ToldEvent]
    next: str
    more: bool


def as_told(event: Happened) -> ToldEvent:
    """An event in the words of the catalogue; a KeyError for one that customers are not told of."""
    kind = BY_NAME[event.name]
    content = content_of(event.name, event.subject, event.payload)
    return ToldEvent(public_id(event.id), kind.public, event.at, message(kind.public, event.at, content))


def text_of(content: dict[str, Any]) -> str:
    """A message as it is signed and sent."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def public_id(event_id: int) -> str:
    """The id that customers see; it tells nothing of how many events others have."""
    key = salted_hmac("accounts.event", str(event_id), secret=settings.TOKEN_PEPPER, algorithm="sha256")
    return f"evt_{b32encode(key.digest())[:26].decode().lower()}"


def feed(actor: Actor, *, after: str = "", types: Collection[str] = (), limit: int = PAGE) -> EventPage:
    """The events of the actor's customer after a place given out before, the oldest first; from the beginning without.

    Raises `InvalidInput` for a place that is none of ours or a type that there is not. A test token sees the events of
    test seals only.
    """
    actor.require("event.read")
    place = read_place(after) if after else BEGINNING
    found = events_after(place, **_asked(actor, types, limit + 1))
    shown = found[:limit]
    last = shown[-1].place if shown else place
    return EventPage([as_told(each) for each in shown], write_place(last), more=len(found) > limit)


def newest(actor: Actor, *, types: Collection[str] = (), before: str = "", limit: int = 50) -> EventPage:
    """The same from the other end, for people: the newest first, and those before a place; `next` ends empty."""
    actor.require("event.read")
    found = events_before(read_place(before) if before else None, **_asked(actor, types, limit + 1))
    shown, more = found[:limit], len(found) > limit
    return EventPage([as_told(each) for each in shown], write_place(shown[-1].place) if more else "", more)


def _asked(actor: Actor, types: Collection[str], limit: int) -> dict[str, Any]:
    holding = None if actor.live else {"live": False}
    return {"customer_id": actor.customer, "names": named_types(types), "holding": holding, "limit": limit}


def named_types(types: Collection[str]) -> list[str]:
    """The stream's names of public types, all for none; raises `InvalidInput` for a type that there is not."""
    if unknown := sorted(set(types) - PUBLIC.keys()):
        detail = _("There is no event “%(type)s”.") % {"type": unknown[0]}
        raise InvalidInput(errors=[FieldError("/types", "unknown_event", detail)])
    return inner_names(set(types))


def write_place(place: Place) -> str:
    """A place as a cursor's text."""
    return f"e{place.transaction}-{place.event}"


def read_place(text: str) -> Place:
    """The place in a cursor's text; raises `InvalidInput`."""
    match = _PLACE.fullmatch(text)
    if match is None:
        detail = _("This cursor was not given out by us.")
        raise InvalidInput(errors=[FieldError("/after", "invalid_cursor", detail)])
    return Place(int(match[1]), int(match[2]))
