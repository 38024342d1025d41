"""What a browser may keep for this site, and when its person is asked (D2, D11).

An item is one cookie or one entry of a browser's storage. What is not strictly necessary belongs to an extra, and a
extra does nothing before somebody agreed to it. What was agreed to is known by the declaration's fingerprint: a
extra that is declared differently from then on has to be asked for again, and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

CHOICE_KEPT = timedelta(days=365)  # clause D2: 12 months, like the chosen language
CHROME_KEEPS = timedelta(days=400)
SAFARI_KEEPS_OF_SCRIPTS = timedelta(days=7)
WORDING = 1  # of banner and page; another one when what they ask means something else


class Kind(StrEnum):
    """The three kinds of clause D2."""

    NECESSARY = "necessary"
    PERFORMANCE = "performance"
    FUNCTIONALITY = "functionality"


class Where(StrEnum):
    """Where a browser keeps an item."""

    COOKIE = "cookie"
    LOCAL_STORAGE = "local_storage"
    SESSION_STORAGE = "session_storage"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One cookie or entry of a browser's storage; `*` in `name` stands for any characters.

    `lifetime` is what whoever sets it asks for; None is until the browser is closed, and in local storage until it is
    cleared. `by_script` is what JavaScript sets, which browsers shorten. `staff` is met by staff only.
    """

    name: str
    purpose: str
    lifetime: timedelta | None = None
    where: Where = Where.COOKIE
    by_script: bool = False
    staff: bool = False


@dataclass(frozen=True, kw_only=True)
class Extra:
    """Something that may be refused, as a whole: who provides it, what it keeps, and which hosts a page then reaches.

    `setting` names the setting that switches it on; empty for what is our own, which is always there. `asks` is False
    for what no banner asks about, because it is off until somebody wants it. `script` is the address of its code, with
    the value of the setting for `{}`; `hosts` are sources of the content security policy, by directive.
    """

    key: str
    kind: Kind
    name: str
    purpose: str
    items: tuple[Item, ...]
    provider: str = ""
    policy_url: str = ""
    setting: str = ""
    asks: bool = True
    script: str = ""
    hosts: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What somebody answered: the fingerprint of each extra they were asked about, and those they agreed to.

    `despite_signal` says that their browser objected to tracking (Sec-GPC) when they chose, so that the choice is the
    later word.
    """

    id: str
    given_at: datetime
    answered: Mapping[str, str]
    accepted: frozenset[str]
    despite_signal: bool


def offered(extras: Iterable[Extra], configured: Collection[str]) -> tuple[Extra, ...]:
    """The extras of this installation: our own, and those whose setting has a value."""
    return tuple(extra for extra in extras if not extra.setting or extra.setting in configured)


def fingerprint(extra: Extra) -> str:
    """16 hexadecimal digits of what somebody agrees to with this extra; other texts in English give others."""
    items = [[item.name, item.where, item.purpose, _seconds(item.lifetime)] for item in extra.items]
    hosts = sorted({host for sources in (extra.hosts or {}).values() for host in sources})
    declared = [WORDING, extra.key, extra.kind, extra.name, extra.provider, extra.purpose, items, hosts]
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:16]


def registry_version(extras: Iterable[Extra]) -> str:
    """16 hexadecimal digits for all that is offered together, for the record."""
    declared = sorted((extra.key, fingerprint(extra)) for extra in extras)
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:16]


def holds(consent: Consent, now: datetime) -> bool:
    """Whether an answer still counts: for 12 months."""
    return now < consent.given_at + CHOICE_KEPT


def allowed(consent: Consent | None, extras: Iterable[Extra], *, objects: bool, now: datetime) -> tuple[Extra, ...]:
    """The extras that may do something now. `objects` is the browser's signal against tracking (Sec-GPC).

    The signal refuses what measures, unless they agreed while it was there. Nothing is agreed to by silence, nor for a
    extra that is not offered or has since been declared differently.
    """
    if consent is None or not holds(consent, now):
        return ()
    return tuple(
        extra
        for extra in extras
        if extra.key in consent.accepted
        and consent.answered.get(extra.key) == fingerprint(extra)
        and not (objects and extra.kind is Kind.PERFORMANCE and not consent.despite_signal)
    )


def must_ask(consent: Consent | None, extras: Iterable[Extra], *, objects: bool, now: datetime) -> bool:
    """Whether the banner is shown: for an extra that was not answered about as it is declared now.

    Whose browser objects by itself has answered.
    """
    asking = [extra for extra in extras if extra.asks]
    if not asking or objects:
        return False
    if consent is None or not holds(consent, now):
        return True
    return any(consent.answered.get(extra.key) != fingerprint(extra) for extra in asking)


class Manner(StrEnum):
    """How somebody answered, for the record."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CHOSEN = "chosen"
    WITHDRAWN = "withdrawn"


def manner(before: Collection[str], accepted: Collection[str], answered: Collection[str]) -> Manner:
    """All agreed to, or nothing, or some; taking back all that was agreed to before is a withdrawal."""
    if not accepted:
        return Manner.WITHDRAWN if before else Manner.REJECTED
    return Manner.ACCEPTED if set(answered) <= set(accepted) else Manner.CHOSEN


def kept_at_most(item: Item, *, safari: bool = False) -> timedelta | None:
    """How long a browser really keeps a cookie: Chrome 400 days, Safari 7 of what a script sets; None as in `Item`."""
    if item.lifetime is None or item.where is not Where.COOKIE:
        return item.lifetime
    cap = SAFARI_KEEPS_OF_SCRIPTS if safari and item.by_script else CHROME_KEEPS
    return min(item.lifetime, cap)


def leftovers(names: Iterable[str], extras: Iterable[Extra]) -> list[str]:
    """Those of the cookies that belong to one of the extras, in order: what goes when they are withdrawn."""
    patterns = [item.name for extra in extras for item in extra.items if item.where is Where.COOKIE]
    return sorted(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))


def domains_above(host: str) -> list[str]:
    """The domains for which a script on that host may have set a cookie; of an address of numbers none.

    Without a list of public suffixes the last label alone is left out: browsers ignore what goes too far up.
    """
    labels = host.lower().rstrip(".").split(".")
    if labels[-1].isdigit() or ":" in host:
        return []
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _seconds(lifetime: timedelta | None) -> int | None:
    return None if lifetime is None else int(lifetime.total_seconds())
