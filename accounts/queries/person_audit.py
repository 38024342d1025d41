"""What the audit trails say of one person: what they did, and what was done to them (clause C3, GDPR 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from accounts.queries.whose import Whose
from accounts.queries.without_others import ANOTHER_PERSON
from kernel.audit import readable_payload_of
from kernel.audit_trail import Entry, entries_by_or_about
from kernel.personal_rows import PersonalRows

_AT_ONCE = 500
_TYPES = {
    "id": "integer",
    "at": "date-time",
    "customer_id": "string",
    "by_you": "boolean",
    "actor_kind": "string",
    "actor_id": "string",
    "actor_name": "string",
    "action": "string",
    "subject": "string",
    "reason": "string",
    "payload": "any",
}
# Actions whose `name` is that of whom they are about, and not that of a thing.
_ABOUT_PEOPLE = frozenset({"member", "invitation", "ownership", "person", "case", "access_grant", "customer"})


def audit_rows(whose: Whose, cleaned: Callable[[Any], Any]) -> PersonalRows:
    """Every entry by or about the person, oldest first, each read with its customer's own key.

    `payload` holds the facts without those about others (`cleaned`), and nothing where the customer's key is destroyed.
    Reading the rows raises an outage when the HSM is away: not within a transaction.
    """
    return PersonalRows(table="kernel_auditentry", types=_TYPES, rows=_rows(whose, cleaned))


def _rows(whose: Whose, cleaned: Callable[[Any], Any]) -> Iterator[dict[str, Any]]:
    by_them = frozenset(whose.actor_ids)
    if not by_them:
        return
    subjects = {"": whose.members, "person.": [str(whose.person_id)] if whose.person_id else []}
    after = 0
    while True:
        entries = entries_by_or_about(by_them, subjects, after=after, limit=_AT_ONCE)
        yield from (_row(entry, by_them, whose.marks, cleaned) for entry in entries)
        if len(entries) < _AT_ONCE:
            return
        after = entries[-1].id


def _row(entry: Entry, by_them: frozenset[str], marks: frozenset[str], cleaned: Callable[[Any], Any]) -> dict[str, Any]:
    payload, by_you = readable_payload_of(entry), entry.actor_id in by_them
    facts = cleaned(dict(payload.details)) if payload else None
    if facts and entry.action.partition(".")[0] in _ABOUT_PEOPLE:
        facts = {
            key: ANOTHER_PERSON if key == "name" and str(value).lower() not in marks else value
            for key, value in facts.items()
        }
    is_system = entry.actor_kind == "system"
    return {
        "id": entry.id,
        "at": entry.at,
        "customer_id": entry.customer_id,
        "by_you": by_you,
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id if by_you or is_system else None,
        "actor_name": payload.actor_name if payload and (by_you or is_system) else None,
        "action": entry.action,
        "subject": cleaned(entry.subject) if by_you or entry.subject.lower() in marks else None,
        "reason": cleaned(payload.reason) if payload and by_you else None,
        "payload": facts,
    }
