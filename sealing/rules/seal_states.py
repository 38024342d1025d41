"""The life of a seal: queued, sealing, and an end that is sealed, refused or failed."""

from __future__ import annotations

from enum import StrEnum


class SealStatus(StrEnum):
    QUEUED = "queued"
    SEALING = "sealing"
    WAITING_FOR_TIMESTAMP = "waiting_for_timestamp"
    SEALED = "sealed"
    REFUSED = "refused"
    FAILED = "failed"


FINAL = frozenset({SealStatus.SEALED, SealStatus.REFUSED, SealStatus.FAILED})
UNFINISHED = frozenset(SealStatus) - FINAL

_NEXT: dict[SealStatus, frozenset[SealStatus]] = {
    SealStatus.QUEUED: frozenset({SealStatus.SEALING, SealStatus.FAILED}),
    SealStatus.SEALING: frozenset(SealStatus),  # again, when its worker was lost; queued, when an outage delays it
    SealStatus.WAITING_FOR_TIMESTAMP: frozenset({SealStatus.SEALING, SealStatus.FAILED}),
}


def may_become(status: SealStatus, following: SealStatus) -> bool:
    """Whether a seal may go from one status to the other. What is final stays."""
    return following in _NEXT.get(status, frozenset())


def may_come_from(following: SealStatus) -> frozenset[SealStatus]:
    """The statuses from which a seal may become `following`: the condition of the compare-and-set."""
    return frozenset(status for status in SealStatus if may_become(status, following))


def is_billable(status: SealStatus, *, live: bool) -> bool:
    """A transaction is all three of check, seal and timestamp, or nothing is charged (clause A1); tests never are."""
    return live and status == SealStatus.SEALED
