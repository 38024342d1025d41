"""So many requests a minute for each API token, and for each address on public pages that cost, counted in Redis."""

from __future__ import annotations

import logging
from datetime import datetime
from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.rules.allowances import WINDOW_SECONDS, Allowance, allowance, window_number
from kernel import clock
from kernel.actor import Actor

logger = logging.getLogger(__name__)


class TokenThrottle(BaseThrottle):
    """Tells every answer what is left (`RateLimit-*`), and refuses with 429 what goes beyond.

    Open when Redis does not answer: a seal that waits for a counter would be the greater harm.
    """

    left: Allowance | None = None

    def allow_request(self, request: Request, view: object) -> bool:
        actor: object = request.user
        if not isinstance(actor, Actor):
            return True
        self.left = take_one(_name_of(actor), limit=settings.API_REQUESTS_PER_MINUTE, now=clock.now())
        if self.left is None:
            return True
        request.answer_headers = _headers(self.left)  # type: ignore[attr-defined]  # read by `CustomerView`
        return not self.left.exceeded

    def wait(self) -> float | None:
        return self.left.reset_seconds if self.left else None


def count_more(request: Request, more: int, *, now: datetime) -> None:
    """Count a request that carries several as so many more, and tell what is left. It is not refused for itself:
    what goes beyond is missing until the minute is over.
    """
    if more < 1:
        return
    actor: Actor = request.user  # type: ignore[assignment]  # a token has authenticated
    left = _take(_name_of(actor), more, limit=settings.API_REQUESTS_PER_MINUTE, now=now)
    if left is not None:
        request.answer_headers = _headers(left)  # type: ignore[attr-defined]  # read by `CustomerView`


def _name_of(actor: Actor) -> str:
    return f"requests:{actor.id}"


def take_one(name: str, *, limit: int, now: datetime) -> Allowance | None:
    """Count one request under that name in the minute of `now`; None when Redis does not answer."""
    return _take(name, 1, limit=limit, now=now)


def _take(name: str, count: int, *, limit: int, now: datetime) -> Allowance | None:
    key = f"{name}:{window_number(now)}"
    counters = caches["counters"]
    try:
        counters.add(key, 0, timeout=2 * WINDOW_SECONDS)
        used = counters.incr(key, count)
    except (RedisError, ValueError) as error:
        logger.warning("Requests are not counted: %s", type(error).__name__)
        return None
    return allowance(limit=limit, used=used, now=now)


def client_ip(request: HttpRequest) -> str:
    """The address of whoever asks, behind as many proxies as the operator trusts."""
    return str(get_adapter(request).get_client_ip(request))


def client_address(request: HttpRequest) -> str:
    """Whose request this is, behind as many proxies as the operator trusts; as one network for all of an IPv6 site."""
    address = client_ip(request)
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


def _headers(left: Allowance) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(left.limit),
        "RateLimit-Remaining": str(left.remaining),
        "RateLimit-Reset": str(left.reset_seconds),
        "RateLimit-Policy": f"{left.limit};w={WINDOW_SECONDS}",
    }
