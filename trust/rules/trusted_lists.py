"""What a trusted list must be to be believed, and what it then proves (ETSI TS 119 612, TS 119 615)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

Kind = Literal["seal", "signature", "timestamp"]

LIST_OF_LISTS = "EU"
# In the subject of who signs a list of the lists for trying out; such a list never makes anything qualified.
TEST_MARK = "development"
VERSIONS = frozenset({5, 6})
REFRESH_EVERY, RETRY_AFTER = timedelta(hours=6), timedelta(hours=1)
CLOCK_TOLERANCE = timedelta(minutes=10)
# Before this day there were no qualified seals, and lists used other words (Regulation (EU) 910/2014, article 52).
EIDAS_BEGINS_AT = datetime(2016, 6, 30, 22, tzinfo=UTC)
# Lists are named by the codes of TS 119 612, annex D, which differ for two from ISO 3166-1.
TERRITORY_OF_COUNTRY = {"GR": "EL", "GB": "UK"}


@dataclass(frozen=True, slots=True)
class QualifiedStatus:
    """Whether a certificate was qualified at a moment, by the trusted lists.

    `known` is false when no list, or only one that is too old, could tell; then `qualified` is false and says nothing.
    `qscd`: whether the key lies in a qualified device; None when that does not apply or is not known. `country` is the
    list's territory, `service` the name of the trust service there, `list_issued_at` when the list was issued;
    `sequence_number` is the list's. `reason` is for people, in the language that is active.
    """

    known: bool
    qualified: bool
    qscd: bool | None
    country: str
    service: str
    list_issued_at: datetime | None
    reason: str
    sequence_number: int | None = None


@dataclass(frozen=True, slots=True)
class ListHead:
    """What a list says of itself. `sequence_number` and `issued_at` order its editions; `next_update_at` is None for a
    list that is closed. `of_lists`: it is the list of the lists."""

    territory: str
    version: int
    of_lists: bool
    sequence_number: int
    issued_at: datetime
    next_update_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the services above a certificate made of it at one moment. `service`: which of them decided, by its place;
    None when none was granted then, or none can be read."""

    service: int | None
    qualified: bool
    for_seals: bool
    for_signatures: bool
    qscd: bool

    def fits(self, kind: Kind) -> bool:
        """Qualified, and for that kind of signature."""
        return self.qualified and (self.for_seals if kind == "seal" else self.for_signatures)


class ListFault(StrEnum):
    """Why a list that was received does not replace the one that is kept."""

    UNREADABLE = "unreadable"
    SIGNATURE = "signature"
    VERSION = "version"
    ANOTHER_LIST = "another_list"
    FROM_THE_FUTURE = "from_the_future"
    CLOSED = "closed"
    EXPIRED = "expired"
    OLDER = "older"


def list_fault(
    offered: ListHead, *, territory: str, kept: tuple[int, datetime] | None, now: datetime
) -> ListFault | None:
    """The first thing wrong with a list whose signature holds, or None when it may be kept.

    `kept` is the sequence number and time of issue of the edition that we have.
    """
    faults = (
        (offered.version not in VERSIONS, ListFault.VERSION),
        (
            offered.territory != territory or offered.of_lists != (territory == LIST_OF_LISTS),
            ListFault.ANOTHER_LIST,
        ),
        (offered.issued_at > now + CLOCK_TOLERANCE, ListFault.FROM_THE_FUTURE),
        (offered.next_update_at is None, ListFault.CLOSED),
        (offered.next_update_at is not None and offered.next_update_at <= now, ListFault.EXPIRED),
        (kept is not None and (offered.sequence_number, offered.issued_at) < kept, ListFault.OLDER),
    )
    return next((fault for wrong, fault in faults if wrong), None)


def refresh_is_due(*, checked_at: datetime | None, last_error_at: datetime | None, now: datetime) -> bool:
    """Whether a list is fetched again: REFRESH_EVERY, or RETRY_AFTER when the last attempt failed."""
    if checked_at is None and last_error_at is None:
        return True
    failed = last_error_at is not None and (checked_at is None or last_error_at > checked_at)
    tried_at = max(one for one in (checked_at, last_error_at) if one is not None)
    return now >= tried_at + (RETRY_AFTER if failed else REFRESH_EVERY)


def is_too_old(next_update_at: datetime | None, *, now: datetime) -> bool:
    """A list is believed until the moment at which it promised a new one."""
    return next_update_at is None or next_update_at <= now


def territory_of(country: str) -> str:
    """The territory whose list answers for an ISO 3166-1 country."""
    return TERRITORY_OF_COUNTRY.get(country.upper(), country.upper())
