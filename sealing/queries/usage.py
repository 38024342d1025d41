"""Who had how much sealed, counted from the seals themselves, so that the documents behind each figure can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from kernel.actor import Actor
from sealing.models import SealShare
from sealing.queries.visibility import visible
from sealing.rules.seal_states import SealStatus


@dataclass(frozen=True, slots=True)
class Work:
    """What one member or API token had sealed in a span of time: live seals, which count, and test seals.

    `requested_by` is a membership's or a token's id, `name` what it was called last.
    """

    requested_by: str
    name: str
    live: int
    test: int

    @property
    def by_program(self) -> bool:
        return self.requested_by.startswith("tok_")


def work_by_member(actor: Actor, *, since: datetime, until: datetime, only: tuple[str, ...] = ()) -> list[Work]:
    """What each had sealed of what was accepted from `since` until before `until` (UTC), most first.

    As far as the actor sees seals: without `seal.read_all` only their own and what was shared with them. Deleted
    documents count. `only` narrows it to some ids. Raises `Forbidden` without `seal.read`.
    """
    seals = visible(actor).filter(status=SealStatus.SEALED, accepted_at__gte=since, accepted_at__lt=until)
    if only:
        seals = seals.filter(requested_by__in=only)
    rows = (
        seals.order_by()
        .values("requested_by")
        .annotate(
            name=Max("requested_by_name"),
            live_seals=Count("id", filter=Q(live=True)),
            test_seals=Count("id", filter=Q(live=False)),
        )
    )
    work = [Work(row["requested_by"], row["name"], row["live_seals"], row["test_seals"]) for row in rows]
    return sorted(work, key=lambda each: (-each.live, -each.test, each.name.lower(), each.requested_by))


def shared_with_member(actor: Actor, member_id: str) -> int:
    """How many documents, of those that the actor sees, are shared with a member."""
    return visible(actor).filter(id__in=SealShare.objects.filter(member_id=member_id).values("seal_id")).count()
