"""Obtains a timestamp from the pool: the next authority is asked when one is down or lies."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from kernel.errors import Outage
from trust.actions.ask_authority import Timestamp, TimestampRefused, ask_authority
from trust.actions.enlist_timestamp_authorities import enlist_timestamp_authorities
from trust.gateways.pool import pool_entries
from trust.queries.pool import authorities
from trust.rules.authorities import Authority, in_turn

logger = logging.getLogger(__name__)


class TimestampUnavailable(Outage):
    """No authority of the pool gave a timestamp that may be believed; the detail names each and its fault."""

    code = "timestamp_unavailable"


def obtain_timestamp(*, imprint: bytes, live: bool, now: datetime) -> Timestamp:
    """A checked timestamp over a SHA-256 `imprint` (32 bytes) from the live or the test pool.

    `now` is the database's time; the token's genTime lies within 5 s of it. Every authority in turn is asked once.
    Must not run inside a transaction. Raises TimestampUnavailable (an outage).
    """
    pool = _pool(live)
    faults: list[str] = []
    spent = timedelta(0)
    for authority in in_turn(pool, now=now):
        stood_in = authority.id != pool[0].id
        try:
            return ask_authority(authority=authority, imprint=imprint, live=live, now=now + spent, stood_in=stood_in)
        except TimestampRefused as refused:
            logger.warning("Timestamp authority %s: %s", authority.name, refused)
            faults.append(f"{authority.name} ({refused.fault})")
            spent += refused.elapsed
    if not pool:
        raise TimestampUnavailable(_("No timestamp authority is configured."))
    ready = in_turn(pool, now=now)
    resting = [_away(one, now) for one in pool if one not in ready]
    raise TimestampUnavailable(
        _("No timestamp authority gave a valid answer: %(names)s.") % {"names": ", ".join(faults + resting)}
    )


def _away(authority: Authority, now: datetime) -> str:
    if authority.is_used_up(now=now):
        return _("%(name)s (our quota there is used up)") % {"name": authority.name}
    return _("%(name)s (resting)") % {"name": authority.name}


def _pool(live: bool) -> list[Authority]:
    found = authorities(live=live)
    if [one.url for one in found] != [one.url for one in pool_entries(live=live)]:
        enlist_timestamp_authorities()
        found = authorities(live=live)
    return found
