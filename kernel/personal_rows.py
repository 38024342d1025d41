"""What a table keeps about one person, for who asks for their data (GDPR 15 and 20): named fields, row by row.

Fields are listed one by one, so that what is added to a table later is not given out because nobody thought of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet

_AT_ONCE = 500
_TYPES = {
    "BooleanField": "boolean",
    "IntegerField": "integer",
    "BigIntegerField": "integer",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "integer",
    "PositiveBigIntegerField": "integer",
    "SmallIntegerField": "integer",
    "BigAutoField": "integer",
    "AutoField": "integer",
    "DateField": "date",
    "DateTimeField": "date-time",
    "ArrayField": "array",
    "JSONField": "any",
}


class Withheld(StrEnum):
    """Why a field is not given out."""

    SECRET = "secret"  # noqa: S105 - a word
    ANOTHER = "another"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRows:
    """What the table `table` keeps about one person. `types` says of each field what it is: a type of JSON, `date`,
    `date-time` or `any`; `rows` are read while they are written; `withheld` says which fields are not given, and why.
    """

    table: str
    types: Mapping[str, str]
    rows: Iterable[Mapping[str, Any]]
    withheld: Mapping[str, Withheld] = field(default_factory=dict)


def personal_rows(
    found: QuerySet[Any],
    fields: str,
    *,
    marks: frozenset[str] = frozenset(),
    theirs: Iterable[str] = (),
    changed: Mapping[str, Callable[[Any], Any]] | None = None,
    **withheld: str,
) -> PersonalRows:
    """The rows of `found` with `fields`, names separated by blanks.

    Each of `theirs` names fields that stand or fall together: they are left empty unless the first of them is one of
    `marks`, the small-lettered ids, names and addresses of the person. `changed` makes a value fit to be given.
    `secret`, `another` and `file` name fields that are withheld.
    """
    names, groups = tuple(fields.split()), [group.split() for group in theirs]
    read = {*names, *(group[0] for group in groups)}
    rows = found.values(*sorted(read)).iterator(chunk_size=_AT_ONCE)
    return PersonalRows(
        table=found.model._meta.db_table,
        types={name: type_of(found, name) for name in names},
        rows=_given(rows, names, marks, groups, changed or {}),
        withheld={name: Withheld(why) for why, those in withheld.items() for name in those.split()},
    )


def type_of(found: QuerySet[Any], name: str) -> str:
    """What a field is in JSON; what is computed is text."""
    try:
        kind = found.model._meta.get_field(name)
    except FieldDoesNotExist:
        return "string"
    while kind.is_relation:
        kind = kind.target_field
    return _TYPES.get(kind.get_internal_type(), _TYPES.get(type(kind).__name__, "string"))


def _given(
    rows: Iterable[dict[str, Any]],
    names: tuple[str, ...],
    marks: frozenset[str],
    groups: list[list[str]],
    changed: Mapping[str, Callable[[Any], Any]],
) -> Iterator[dict[str, Any]]:
    for row in rows:
        for group in groups:
            if str(row[group[0]]).lower() not in marks:
                row.update(dict.fromkeys(group))
        for name, change in changed.items():
            row[name] = change(row[name])
        yield {name: row[name] for name in names}
