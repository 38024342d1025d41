"""How the service is doing, part by part, as anybody may see it (clauses A6 and E1): ours, and those outside.

Nothing here knows a customer, and asking often costs nothing: what was found out is kept for a few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.backlog import Backlog, backlog
from trust.queries.outages import OutsidePart, outside_parts

State = Literal["up", "slow", "waiting", "down", "unknown"]

KEPT_SECONDS = 10
# Work that is begun so much later than it was due is late.
LATE_AFTER = timedelta(minutes=2)
_OURS_DOWN = ("hsm_unavailable", "hsm_key_missing", "engine_unavailable")
_WHY: Mapping[str, str | Promise] = {
    "hsm_unavailable": _("Our hardware security module does not answer. Seals wait and are made when it is back."),
    "hsm_key_missing": _("Our hardware security module does not answer. Seals wait and are made when it is back."),
    "engine_unavailable": _("Documents cannot be read safely at the moment. Seals wait and are made afterwards."),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the service. `id` never changes its meaning; `outside`: somebody else runs it. `since` is when the
    state began, where that is known. `detail` is a sentence for people, or empty."""

    id: str
    name: str | Promise
    outside: bool
    state: State
    since: datetime | None = None
    detail: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Status:
    """All parts at a moment; `state` is the worst of our own."""

    checked_at: datetime
    state: State
    parts: tuple[Part, ...]


_WORST: tuple[State, ...] = ("down", "waiting", "slow", "unknown", "up")
_kept: dict[int, Status] = {}


def status(*, now: datetime) -> Status:
    """The status as it was found within the last seconds, by this process."""
    slot = int(now.timestamp()) // KEPT_SECONDS
    if slot not in _kept:
        found = _find_out(now)
        _kept.clear()
        _kept[slot] = found
    return _kept[slot]


def forget() -> None:
    """Find out anew next time."""
    _kept.clear()


def _find_out(now: datetime) -> Status:
    outside = outside_parts(now=now)
    ours = [Part("portal", _("Portal and API"), outside=False, state="up")]
    ours.append(_sealing(outside, backlog("sealing.perform_seal", now=now), now))
    worst = min((part.state for part in ours), key=_WORST.index)
    return Status(now, worst, (*ours, *(_outside(one) for one in outside)))


def _sealing(outside: list[OutsidePart], jobs: Backlog, now: datetime) -> Part:
    state, since, detail = _sealing_state(outside, jobs, now)
    return Part("sealing", _("Sealing"), outside=False, state=state, since=since, detail=detail)


def _sealing_state(
    outside: list[OutsidePart], jobs: Backlog, now: datetime
) -> tuple[State, datetime | None, str | Promise]:
    if ours := next((code for code in _OURS_DOWN if code in jobs.waiting), None):
        return "down", jobs.waiting[ours], _WHY[ours]
    pool = [one.since for one in outside if one.kind == "timestamps" and one.live]
    if pool and all(pool):
        since = max(one for one in pool if one)
        detail = _("No timestamp authority answers. It is their outage: seals wait, and are made when one is back.")
        return "waiting", since, detail
    if unknown := jobs.waiting.get("revocation_unknown"):
        detail = _("A certification authority does not answer. Seals with its certificates wait until it is back.")
        return "waiting", unknown, detail
    if jobs.overdue_since and jobs.overdue_since < now - LATE_AFTER:
        return "slow", jobs.overdue_since, _("Work is begun later than usual.")
    return "up", None, ""


def _outside(one: OutsidePart) -> Part:
    state: State = "down" if one.since else "up" if one.last_ok_at else "unknown"
    kind = "timestamps" if one.kind == "timestamps" else "revocation"
    mode = "" if one.live else ":test"
    return Part(f"{kind}{mode}:{one.name}", one.name, outside=True, state=state, since=one.since)
