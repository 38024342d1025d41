"""What the operator writes about a timestamp authority of the pool: address, credentials, price and quota."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

_WORDS = frozenset({"name", "price", "quota", "header"})
_QUOTA = re.compile(r"([1-9][0-9]{0,8})/(day|month)")
_HEADER = re.compile(r"([A-Za-z0-9-]+):\s*([\x21-\x7e][\x20-\x7e]*)")


class EntryUnclear(ValueError):
    """The entry of the pool cannot be read; the message never repeats it, because it may hold a secret."""


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """One authority as configured. `url` and `name` are without credentials; `headers` carry those and are secret.

    `price` is euros for one request, zero when it costs nothing; `quota` is the requests allowed in one calendar day or
    month (`window`) of UTC, None when there is no limit.
    """

    url: str
    name: str
    price: Decimal = Decimal(0)
    quota: int | None = None
    window: str = "month"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def is_costly(self) -> bool:
        """Whether a request that serves no customer is a waste."""
        return bool(self.price) or self.quota is not None


@lru_cache(maxsize=128)
def read_entry(text: str) -> PoolEntry:
    """Read `https://user:password@host/path#name=...&price=0.02&quota=5000/month&header=X-Api-Key:secret`; everything
    but scheme and host may be left out, and is percent-encoded where a URL asks for it. Raises EntryUnclear.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EntryUnclear("it must begin with https:// or http:// and a host")
    words = parse_qsl(parts.fragment, keep_blank_values=True)
    if unknown := {name for name, _value in words} - _WORDS:
        raise EntryUnclear(f"after # only {', '.join(sorted(_WORDS))} are known, not {', '.join(sorted(unknown))}")
    if len({name for name, _value in words if name != "header"}) != sum(name != "header" for name, _value in words):
        raise EntryUnclear("a word stands twice after #")
    host = parts.netloc.rpartition("@")[2]
    given = dict(words)
    quota, window = _quota(given.get("quota"))
    return PoolEntry(
        url=urlunsplit((parts.scheme, host, parts.path, parts.query, "")),
        name=given.get("name") or f"{host}{parts.path}".rstrip("/"),
        price=_price(given.get("price", "0")),
        quota=quota,
        window=window,
        headers=(
            *_basic(parts.username, parts.password),
            *(_header(value) for name, value in words if name == "header"),
        ),
    )


def quota_window(window: str, *, now: datetime) -> tuple[datetime, datetime]:
    """The calendar day or month of UTC that holds `now`: its beginning, and its end, exclusive."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if window == "day":
        return day, day + timedelta(days=1)
    begins = day.replace(day=1)
    return begins, (begins + timedelta(days=32)).replace(day=1)


def _quota(text: str | None) -> tuple[int | None, str]:
    if text is None:
        return None, "month"
    if not (found := _QUOTA.fullmatch(text)):
        raise EntryUnclear("a quota is written like 5000/month or 200/day")
    return int(found[1]), found[2]


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise EntryUnclear("a price is an amount in euros, like 0.02")
    return price


def _basic(user: str | None, password: str | None) -> tuple[tuple[str, str], ...]:
    """RFC 7617."""
    if user is None:
        return ()
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return (("Authorization", f"Basic {b64encode(pair).decode()}"),)


def _header(text: str) -> tuple[str, str]:
    if not (found := _HEADER.fullmatch(text)):
        raise EntryUnclear("a header is written like X-Api-Key:secret")
    return found[1], found[2]
