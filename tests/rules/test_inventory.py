"""What the catalogue leaves out is named, on either side; what it says is complete (D9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from privacy.catalogue import PURPOSE, RULE
from privacy.rules.inventory import (
    Kind,
    Place,
    Store,
    Subject,
    Table,
    faults_of_entries,
    faults_of_stores,
    faults_of_tables,
)
from privacy.rules.retention import Method

TABLE = Table(
    name="guests", words="", purpose="account", retention="person", erasure=Method.FORGET_PERSON, personal="name",
    about=(Subject.VISITOR,), technical="id",
)  # fmt: skip


@pytest.mark.parametrize(
    ("existing", "pending", "faults"),
    [
        ({"guests": ["id", "name"]}, (), []),
        ({}, (), ["guests is in the catalogue, and there is no such table"]),
        ({}, ("guests",), []),
        ({"guests": ["id", "name"]}, ("guests",), ["guests is pending, but exists"]),
        ({"guests": ["id"]}, (), ["guests.name is classified, and there is none"]),
        ({"guests": ["id"]}, ("guests.name",), []),
        ({"guests": ["id", "name"]}, ("guests.name",), ["guests.name is pending, but exists"]),
        ({"guests": ["id", "name", "age"]}, (), ["guests.age is not classified"]),
    ],
)
def test_what_is_missing_on_either_side_is_a_fault(
    existing: dict[str, list[str]], pending: tuple[str, ...], faults: list[str]
) -> None:
    assert faults_of_tables([TABLE], existing, pending=pending) == faults


STORE_FOUND = [Store(key="attic", place=Place.FILES, words="", holds="", purpose="", found=("DIR:ATTIC", "DIR:LOFT"))]


@pytest.mark.parametrize(
    ("existing", "faults"),
    [
        ({"DIR:ATTIC", "DIR:LOFT"}, []),
        ({"DIR:ATTIC"}, ["DIR:LOFT is in the catalogue, and there is none"]),
        (
            {"DIR:CELLAR", "DIR:LOFT"},
            ["DIR:CELLAR is not in the catalogue", "DIR:ATTIC is in the catalogue, and there is none"],
        ),
    ],
)
def test_a_place_missing_on_either_side_is_a_fault(existing: set[str], faults: list[str]) -> None:
    assert faults_of_stores(STORE_FOUND, existing) == faults


def test_a_pending_place_may_be_missing_and_is_a_fault_once_it_is_there() -> None:
    assert faults_of_stores(STORE_FOUND, {"DIR:ATTIC"}, pending=["DIR:LOFT"]) == []
    assert faults_of_stores(STORE_FOUND, {"DIR:ATTIC", "DIR:LOFT"}, pending=["DIR:LOFT"]) == [
        "DIR:LOFT is pending, but exists"
    ]


def test_a_field_is_what_the_table_says() -> None:
    assert TABLE.fields == {"name": Kind.PERSONAL, "id": Kind.TECHNICAL}
    assert replace(TABLE, content="note").fields["note"] is Kind.CONTENT


def test_a_field_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="guests"):
        _ = replace(TABLE, technical="id name").fields


STORE = Store(
    key="attic", place=Place.FILES, words="", holds="", purpose="account", retention="activity",
    erasure=Method.DELETE_FILES, about=(Subject.MEMBER,), kinds=(Kind.PERSONAL,),
)  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "faults"),
    [
        (TABLE, []),
        (STORE, []),
        (replace(TABLE, purpose="fun"), ["guests has no purpose that there is: fun"]),
        (
            replace(TABLE, retention="ever"),
            [
                "guests has no rule that there is: ever",
                "guests holds data of people or customers, and nothing says how long or how they go",
            ],
        ),
        (
            replace(TABLE, erasure=None),
            ["guests holds data of people or customers, and nothing says how long or how they go"],
        ),
        (replace(TABLE, erasure=Method.DELETE_ROWS), ["guests goes by delete_rows, which person does not do"]),
        (replace(TABLE, about=()), ["guests does not say about whom it is"]),
        (replace(STORE, about=()), ["attic does not say about whom it is"]),
        (replace(TABLE, personal="", technical="id name", about=(), retention="", erasure=None), []),
    ],
)
def test_an_entry_that_says_too_little_is_named(entry: Table | Store, faults: list[str]) -> None:
    assert faults_of_entries([entry], RULE, PURPOSE) == faults


@pytest.mark.parametrize(
    ("entry", "faults"),
    [
        (replace(TABLE, personal="", technical="id", content="name", about=()), []),
        (replace(TABLE, personal="", technical="id", content="name", about=(), erasure=None), 1),
        (replace(STORE, kinds=(Kind.TECHNICAL,), about=(), retention="", erasure=None), []),
        (replace(STORE, kinds=(Kind.CONTENT,), retention=""), 1),
        (replace(STORE, erasure=Method.DROP_SCHEMA), 1),
    ],
)
def test_content_needs_a_rule_as_much_as_what_is_personal(entry: Table | Store, faults: list[str] | int) -> None:
    found = faults_of_entries([entry], RULE, PURPOSE)
    assert (found if faults == [] else len(found)) == faults
