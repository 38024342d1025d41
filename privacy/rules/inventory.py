"""How the catalogue says what is kept: tables with each of their fields, and everything that is kept outside them.

Pure declarations and questions about them; the catalogue itself is in `privacy/catalogue/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from privacy.rules.retention import Method, RetentionRule


class Subject(StrEnum):
    """Whom personal data are about."""

    MEMBER = "member"
    CONTACT = "contact"
    SIGNER = "signer"
    STAFF = "staff"
    VISITOR = "visitor"
    REQUESTER = "requester"


class Role(StrEnum):
    """What the operator is to the data (D9): it decides why and how they are used, or does what the customer says."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class Kind(StrEnum):
    """What a field is: about a person, the customer's own data, or neither."""

    PERSONAL = "personal"
    CONTENT = "content"
    TECHNICAL = "technical"


class Place(StrEnum):
    """Where things are kept that are no rows."""

    STORAGE = "storage"
    CACHE = "cache"
    LOG = "log"
    MAIL = "mail"
    QUEUE = "queue"
    FILES = "files"
    TEMPORARY = "temporary"
    BACKUP = "backup"


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """Why data are kept: `basis` is the article of the GDPR, `ground` says it in words, `recipients` who gets them."""

    key: str
    words: str
    role: Role
    basis: str
    ground: str
    recipients: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, and what each of its fields is, as names separated by blanks.

    `personal` tells something about a person, `content` is what a customer has us keep or seal (we are its processor),
    `technical` identifies nobody by itself: ids, states, moments, amounts. `retention` is the key of a rule, empty
    where there is neither; then the row is there as long as what it describes. `longer` are rules by which some of the
    rows go later. `erasure` is how it goes.
    """

    name: str
    words: str
    purpose: str
    retention: str = ""
    longer: tuple[str, ...] = ()
    erasure: Method | None = None
    about: tuple[Subject, ...] = ()
    personal: str = ""
    content: str = ""
    technical: str = ""

    @property
    def fields(self) -> dict[str, Kind]:
        """Each field's kind. Raises `ValueError` for a field that is named twice."""
        named = [
            (field, kind)
            for kind, names in (
                (Kind.PERSONAL, self.personal),
                (Kind.CONTENT, self.content),
                (Kind.TECHNICAL, self.technical),
            )
            for field in names.split()
        ]
        if len(dict(named)) != len(named):
            raise ValueError(self.name)
        return dict(named)


@dataclass(frozen=True, kw_only=True)
class Store:
    """A place outside the tables: objects in the storage, keys of a cache, a log, mails, files.

    `found` names what in settings or code makes it exist, such as `CACHES:counters` or `cache:requests`.
    """

    key: str
    place: Place
    words: str
    holds: str
    purpose: str
    retention: str = ""
    erasure: Method | None = None
    about: tuple[Subject, ...] = ()
    kinds: tuple[Kind, ...] = ()
    found: tuple[str, ...] = ()


def faults_of_tables(
    tables: Iterable[Table], existing: Mapping[str, Iterable[str]], *, pending: Iterable[str] = ()
) -> list[str]:
    """What exists and is not classified, and what is classified and does not exist, each in a sentence.

    `existing` has the fields of each table that there is. What is in `pending`, a table or `table.field`, is classified
    before it exists, and a fault once it does.
    """
    pending = set(pending)
    listed = {table.name: table.fields for table in tables}
    found = [f"{name} is not in the catalogue" for name in sorted(existing.keys() - listed.keys())]
    found += [
        f"{name} is in the catalogue, and there is no such table"
        for name in sorted(listed.keys() - existing.keys() - pending)
    ]
    there = existing.keys() | {f"{name}.{field}" for name, fields in existing.items() for field in fields}
    found += [f"{name} is pending, but exists" for name in sorted(there & pending)]
    for name in sorted(existing.keys() & listed.keys()):
        fields = set(existing[name])
        found += [f"{name}.{field} is not classified" for field in sorted(fields - listed[name].keys())]
        found += [
            f"{name}.{field} is classified, and there is none"
            for field in sorted(listed[name].keys() - fields)
            if f"{name}.{field}" not in pending
        ]
    return found


def faults_of_stores(stores: Iterable[Store], existing: Iterable[str], *, pending: Iterable[str] = ()) -> list[str]:
    """Places that exist and are not classified, and the other way round; `pending` as for tables."""
    listed, there, pending = {name for store in stores for name in store.found}, set(existing), set(pending)
    return [
        *(f"{name} is not in the catalogue" for name in sorted(there - listed)),
        *(f"{name} is in the catalogue, and there is none" for name in sorted(listed - there - pending)),
        *(f"{name} is pending, but exists" for name in sorted(there & pending)),
    ]


def faults_of_entries(
    entries: Iterable[Table | Store], rules: Mapping[str, RetentionRule], purposes: Mapping[str, Purpose]
) -> list[str]:
    """Entries that say too little, or what no rule says: a promise needs a rule, and a method that the rule has."""
    found = []
    for entry in entries:
        name = entry.name if isinstance(entry, Table) else entry.key
        kept = set(entry.fields.values() if isinstance(entry, Table) else entry.kinds) - {Kind.TECHNICAL}
        rule = rules.get(entry.retention)
        if entry.purpose not in purposes:
            found.append(f"{name} has no purpose that there is: {entry.purpose}")
        if entry.retention and rule is None:
            found.append(f"{name} has no rule that there is: {entry.retention}")
        if kept and not (rule and entry.erasure):
            found.append(f"{name} holds data of people or customers, and nothing says how long or how they go")
        if rule and entry.erasure not in (None, *rule.methods):
            found.append(f"{name} goes by {entry.erasure}, which {rule.key} does not do")
        if Kind.PERSONAL in kept and not entry.about:
            found.append(f"{name} does not say about whom it is")
    return found
