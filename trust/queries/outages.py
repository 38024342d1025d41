"""What outside does not answer, as it is told to members and to the public (clause A6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Min

from kernel.actor import Actor
from trust.models import RevocationSource, RevocationWatch
from trust.queries.pool import pool_outage, timestamp_authorities


@dataclass(frozen=True, slots=True)
class OutsideOutage:
    """Somebody outside who keeps a customer's seals waiting. `names`: who; `live`: whether live or test seals wait."""

    kind: str
    names: tuple[str, ...]
    since: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class OutsidePart:
    """Somebody outside as the public sees it; `since` is when it fell silent, None while it answers. `last_ok_at` None:
    it was never asked."""

    kind: str
    name: str
    live: bool
    since: datetime | None
    last_ok_at: datetime | None


def outages_for(actor: Actor, *, now: datetime) -> list[OutsideOutage]:
    """What keeps the seals of the actor's customer waiting now: a whole pool, or who answers for its certificates."""
    found = []
    for live in (True, False):
        if outage := pool_outage(live=live, now=now):
            names, since = outage
            found.append(OutsideOutage("timestamps", tuple(names), since, live))
    unknown = RevocationWatch.objects.filter(
        certificate__customer_id=actor.customer, certificate__state="active", unknown_since__isnull=False
    )
    for issuer, live, since in (
        unknown.values_list("certificate__issuer", "certificate__live")
        .annotate(Min("unknown_since"))
        .order_by("-certificate__live")
    ):
        found.append(OutsideOutage("revocation", (issuer,), since, live))
    return found


def outside_parts(*, now: datetime) -> list[OutsidePart]:
    """Each timestamp authority and each host that is asked about revocation: four statements, whoever asks."""
    parts = [
        OutsidePart("timestamps", one.name, one.live, one.failing_since, one.last_ok_at)
        for one in timestamp_authorities(now=now)
    ]
    hosts: dict[str, list[RevocationSource]] = {}
    for row in RevocationSource.objects.order_by("url"):
        hosts.setdefault(urlsplit(row.url).netloc, []).append(row)
    return [*parts, *(_host(name, rows) for name, rows in sorted(hosts.items()))]


def _host(name: str, rows: list[RevocationSource]) -> OutsidePart:
    """A host does not answer when none of its addresses does: a list stands in for a responder."""
    silent = [row.failing_since for row in rows if row.failing_since]
    answered = [row.last_ok_at for row in rows if row.last_ok_at]
    since = max(silent) if len(silent) == len(rows) else None
    return OutsidePart("revocation", name, True, since, max(answered, default=None))
