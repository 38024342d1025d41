"""What the retention engine works on: sweeps, which go by age alone, and courses, which have subjects and notices.

Who adds something that goes says here what it is, in `_sweeps.py` or `_courses.py`; how it is done is one engine's
(`run_retention`). Neither knows a period: the rule of the catalogue does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from privacy.models import RetentionItem


@dataclass(frozen=True, slots=True)
class Spared:
    """What holds in force cover, as ids: nothing of these is erased, whatever its age."""

    customers: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


class Erase(Protocol):
    """Erases at most `limit` of what happened before a moment and is not spared; returns how many, 0 when none is left.

    One call is one short transaction, or none where files or partitions go. It may be killed anywhere, run twice and
    beside itself.
    """

    def __call__(self, *, before: datetime, limit: int, spared: Spared) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What goes by age alone: rows, partitions, files or objects of one `store`, a table or a store of the catalogue.

    `due(before)` counts what happened before that moment; `population()` all there is; `oldest()` tells when the oldest
    happened, None where there is none. All are quick enough for a page. `with_it` are tables whose rows go with it.
    """

    rule: str
    store: str
    due: Callable[[datetime], int]
    population: Callable[[], int]
    oldest: Callable[[], datetime | None]
    erase: Erase
    batch: int = 2_000
    with_it: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A subject that a rule takes away one day: `event_on` is the legal day that the period counts from.

    `cycle` names that event, so that another one is another item. `customer_id` is whose it is, or who it is;
    `person_id` is set where it is about one person.
    """

    subject: str
    event_on: date
    cycle: str
    customer_id: str = ""
    person_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One part of an erasure, in words for the receipt; returns how many of what went, by name.

    It may do what is outside the database, be killed anywhere and be done again: the second time finds less to do.
    """

    name: str
    words: str
    act: Callable[[RetentionItem, datetime], Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class Course:
    """What goes subject by subject, after notices where its rule has any.

    `candidates(now)` finds all subjects of the rule whose clock runs, due or not. `candidate(subject, now)` is the same
    of one, as it stands now; None when its clock does not run (any more). `seize(item, now)` is called in the
    transaction that acts, after the subject was looked at again: it locks the subject and changes it so that nobody
    gets in any more (a customer is closed, a person signed out); what stood against it meanwhile makes it return False,
    and nothing is erased. `tell(item, days_before, due_on, now)` gives the notice. `left(subject)` counts what is left
    after the steps, which must be nothing. `kind` is what the subject is, for ledger and holds.
    """

    rule: str
    kind: str
    candidates: Callable[[datetime], Iterable[Candidate]]
    candidate: Callable[[str, datetime], Candidate | None]
    population: Callable[[], int]
    seize: Callable[[RetentionItem, datetime], bool]
    steps: tuple[Step, ...]
    left: Callable[[str], Mapping[str, int]]
    tell: Callable[[RetentionItem, int, date, datetime], None] | None = None
