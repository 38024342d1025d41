"""The catalogue for readers: what is kept for which purpose, on what ground, how long (GDPR 13, 28, 30; D4, D5, D9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.catalogue import PENDING, PURPOSES, RULE, STORES, TABLES
from privacy.queries.periods import PeriodWords, period_words
from privacy.rules.inventory import Kind, Place, Purpose, Role, Store, Subject, Table
from privacy.rules.retention import Method, RetentionRule

_SUBJECTS = {
    Subject.MEMBER: gettext_lazy("people who sign in for a customer"),
    Subject.CONTACT: gettext_lazy("customers who are people, and people whom customers name to us"),
    Subject.SIGNER: gettext_lazy("people in documents that customers have sealed"),
    Subject.STAFF: gettext_lazy("our staff"),
    Subject.VISITOR: gettext_lazy("visitors of our pages"),
    Subject.REQUESTER: gettext_lazy("people who ask about their data"),
}
_ROLES = {
    Role.CONTROLLER: gettext_lazy("We decide about these data: we are the controller."),
    Role.PROCESSOR: gettext_lazy("The customer decides about these data: it is the controller, and we its processor."),
}
_PLACES = {
    Place.STORAGE: gettext_lazy("storage"),
    Place.CACHE: gettext_lazy("memory"),
    Place.LOG: gettext_lazy("log files"),
    Place.MAIL: gettext_lazy("mail"),
    Place.QUEUE: gettext_lazy("queue"),
    Place.FILES: gettext_lazy("files"),
    Place.TEMPORARY: gettext_lazy("temporary files"),
    Place.BACKUP: gettext_lazy("backups"),
}
_METHODS = {
    Method.DELETE_ROWS: gettext_lazy("rows are deleted"),
    Method.DROP_PARTITION: gettext_lazy("whole days are dropped"),
    Method.DROP_SCHEMA: gettext_lazy("the customer's part of the database is dropped"),
    Method.DESTROY_KEY: gettext_lazy("the key is destroyed"),
    Method.FORGET_PERSON: gettext_lazy("everything that says who it was is deleted"),
    Method.DELETE_FILES: gettext_lazy("files are deleted"),
}


@dataclass(frozen=True, slots=True)
class KeptThing:
    """One table or place that holds something: where, what, about whom, how long and how it goes."""

    name: str
    where: str
    words: str
    about: tuple[str, ...]
    personal: tuple[str, ...]
    content: tuple[str, ...]
    period: PeriodWords
    erasure: str


@dataclass(frozen=True, slots=True)
class Activity:
    """A purpose with everything that is kept for it. `basis` is the article of the GDPR."""

    key: str
    words: str
    role: Role
    role_words: str
    basis: str
    ground: str
    recipients: str
    about: tuple[str, ...]
    things: tuple[KeptThing, ...]
    periods: tuple[PeriodWords, ...]


def activities(rules: Mapping[str, RetentionRule] = RULE, *, role: Role | None = None) -> list[Activity]:
    """Every purpose for which data of people or customers are kept, in the reader's language.

    `role` narrows to what the operator decides about, or to what it does for customers (D9). `rules` are those that
    act, unless a reader wants to see what others would say.
    """
    found = [_activity(purpose, rules) for purpose in PURPOSES if role in (None, purpose.role)]
    return [activity for activity in found if activity.things]


def rule_words(rules: Mapping[str, RetentionRule] = RULE) -> list[PeriodWords]:
    """Every rule in words, in the order of the catalogue."""
    return [period_words(rule) for rule in rules.values()]


def _activity(purpose: Purpose, rules: Mapping[str, RetentionRule]) -> Activity:
    everything: list[Table | Store] = [*TABLES, *STORES]
    entries = [entry for entry in everything if entry.purpose == purpose.key and _holds_something(entry)]
    about = dict.fromkeys(subject for entry in entries for subject in entry.about)
    periods = dict.fromkeys(entry.retention for entry in entries)
    return Activity(
        key=purpose.key,
        words=_(purpose.words),
        role=purpose.role,
        role_words=str(_ROLES[purpose.role]),
        basis=purpose.basis,
        ground=_(purpose.ground),
        recipients=_(purpose.recipients) if purpose.recipients else "",
        about=tuple(str(_SUBJECTS[subject]) for subject in about),
        things=tuple(_thing(entry, rules) for entry in entries),
        periods=tuple(period_words(rules[key]) for key in periods),
    )


def _holds_something(entry: Table | Store) -> bool:
    kinds = set(entry.fields.values() if isinstance(entry, Table) else entry.kinds)
    names = {entry.name} if isinstance(entry, Table) else set(entry.found)
    to_come = bool(names) and names <= PENDING
    return bool(kinds - {Kind.TECHNICAL}) and not to_come


def _thing(entry: Table | Store, rules: Mapping[str, RetentionRule]) -> KeptThing:
    table = entry if isinstance(entry, Table) else None
    return KeptThing(
        name=entry.name if isinstance(entry, Table) else entry.key,
        where=_("database") if isinstance(entry, Table) else str(_PLACES[entry.place]),
        words=_(entry.words) if isinstance(entry, Table) else f"{_(entry.words)}: {_(entry.holds)}",
        about=tuple(str(_SUBJECTS[subject]) for subject in entry.about),
        personal=tuple(table.personal.split()) if table else (),
        content=tuple(table.content.split()) if table else (),
        period=period_words(rules[entry.retention]),
        erasure=str(_METHODS[entry.erasure]) if entry.erasure else "",
    )
