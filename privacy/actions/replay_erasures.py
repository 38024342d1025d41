"""After a restore: closes at once whatever was erased since the backup was made, before anybody comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

from accounts.queries.erasures import all_customer_ids, all_people_ids
from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._courses import COURSES
from privacy.actions._customer import CUSTOMER_STEPS, close
from privacy.actions._items import LEASE
from privacy.actions._ledger import subject_hash
from privacy.actions._retention import Course
from privacy.models import ErasureLedgerEntry, RetentionItem
from privacy.queries.restoration import missing_entries

State = RetentionItem.State
_ONE_AT_A_TIME = 0x5EA1_E7A5E  # an advisory lock: of several processes one replays, the others find nothing to do
_SUBJECTS: Mapping[str, Callable[[], Iterable[object]]] = {"customer": all_customer_ids, "person": all_people_ids}


def replay_erasures(*, actor: Actor, now: datetime) -> int:
    """How many subjects were closed again (D3). One quick transaction, without HSM, storage or mail.

    The ledger outside knows subjects by keyed hashes only, so every customer and person is hashed until all are found;
    who is not found was not there any more. Each becomes an item that is being carried out, and the engine does the
    steps; only its entry in the database says that it is no longer pending. Holds are not asked: what the ledger names
    was being erased, so no hold stood against it then, and one that comes back with the backup was released before.
    """
    with transaction.atomic():
        _wait_for_others()
        missing = list(missing_entries())
        found = _found(missing)
        closed = sum(_replay(entry, found, now) for entry in missing)
        if missing:
            facts = {"entries": len(missing), "closed": closed}
            audit.record(actor=actor, action="erasures.replayed", now=now, details=facts)
    return closed


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def _found(missing: list[dict[str, Any]]) -> dict[str, str]:
    """The subjects that the entries mean, by hash."""
    found: dict[str, str] = {}
    for kind, subjects in _SUBJECTS.items():
        wanted = {entry["subject_hash"] for entry in missing if entry["subject_kind"] == kind}
        for subject in subjects() if wanted else ():
            hashed = subject_hash(kind, str(subject))
            if hashed in wanted:
                found[hashed] = str(subject)
                if wanted <= found.keys():
                    break
    return found


def _replay(entry: dict[str, Any], found: Mapping[str, str], now: datetime) -> bool:
    """Write the entry as it is outside, and close its subject if there is one."""
    written_at = parse_datetime(entry["written_at"]) or now
    row = ErasureLedgerEntry.objects.create(
        **{name: entry[name] for name in ("id", "rule", "step", "subject_kind", "subject_hash", "counts")},
        written_at=written_at,
    )
    subject = found.get(entry["subject_hash"])
    course = next((each for each in COURSES if each.rule == entry["rule"]), None)
    if subject is None or course is None:
        return False
    item = _item(course, subject, row, legal_date(written_at), now)
    if item is None:
        return False
    # A customer that was erased is closed whatever the restored database thinks of it: it may look active again.
    return close(item, now) if course.steps[:1] == CUSTOMER_STEPS[:1] else course.seize(item, now)


def _item(course: Course, subject: str, row: ErasureLedgerEntry, due_on: date, now: datetime) -> RetentionItem | None:
    """The item of this erasure, for the next tick to go on with; None when an earlier entry has it already."""
    opened = RetentionItem.objects.filter(rule=course.rule, subject=subject, state__in=[State.PLANNED, State.CLAIMED])
    item = opened.select_for_update().first()
    if item is not None and item.ledger_entry_id is not None:
        return None
    if item is None:
        of = {"customer_id": subject} if course.kind == "customer" else {"person_id": subject}
        item = RetentionItem(rule=course.rule, subject=subject, cycle=row.id, due_on=due_on, found_at=now, **of)
    item.state, item.claimed_at, item.ledger_entry = State.CLAIMED, Now() - LEASE, row
    item.save()
    item.refresh_from_db()
    return item
