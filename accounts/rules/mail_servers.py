"""When a customer's own mail server is used, and when ours steps in (clause E11)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

MAIL_PORTS = frozenset({25, 465, 587, 2525})
OWN_TRIES = 3
REST = timedelta(minutes=10)
TELL_AGAIN_AFTER = timedelta(days=1)
TRY_AGAIN_AFTER = timedelta(seconds=30)

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9](?:[a-z0-9-]{0,62}))+\Z")


def is_host_name(host: str) -> bool:
    """Whether it is a full name in the domain name system: lower case, with a dot, and no address."""
    return _HOST.match(host) is not None and not host.rpartition(".")[2].isdigit()


def is_own_turn(*, tries: int, failed_at: datetime | None, now: datetime) -> bool:
    """Whether try number `tries` (from 1) of a mail goes through the customer's server.

    The first three do. After a mail for which all three failed, the server rests ten minutes and every mail is ours
    to send.
    """
    return tries <= OWN_TRIES and (failed_at is None or now - failed_at >= REST)


def is_time_to_tell(told_at: datetime | None, now: datetime) -> bool:
    """Whether administrators are told again that their server fails: once a day at most."""
    return told_at is None or now - told_at >= TELL_AGAIN_AFTER
