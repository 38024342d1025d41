"""What a copy of somebody's data is made of, by the kind of request, and until when it is offered."""

from __future__ import annotations

from datetime import date

import pytest

from privacy.rules.exports import (
    FORMAT,
    SHOWN_ROWS,
    is_answered_by_a_copy,
    is_offered,
    schema_of,
    tables_for,
    tells_everything,
)
from privacy.rules.rights import RequestKind

DAY = date(2026, 12, 6)


@pytest.mark.parametrize("kind", RequestKind)
def test_access_and_portability_are_answered_by_a_copy_and_nothing_else(kind: RequestKind) -> None:
    assert is_answered_by_a_copy(kind.value) is (kind in {"access", "portability"})
    assert tells_everything(kind.value) is (kind == "access")


def test_portability_narrows_to_what_can_be_taken_elsewhere_and_keeps_the_order() -> None:
    tables, portable = ["seals", "person", "audit", "orders"], {"orders", "person", "absent"}
    assert tables_for("access", tables, portable) == tables
    assert tables_for("portability", tables, portable) == ["person", "orders"]


@pytest.mark.parametrize(("today", "offered"), [(date(2026, 12, 5), True), (DAY, False), (date(2026, 12, 7), False)])
def test_it_is_offered_until_the_day_it_goes(today: date, *, offered: bool) -> None:
    assert is_offered(DAY, today=today) is offered


def test_a_table_describes_each_of_its_fields() -> None:
    types = {"id": "integer", "name": "string", "on": "date", "at": "date-time", "tags": "array", "facts": "any"}
    assert schema_of("people", "Who there is", types, {"name": "about you", "facts": "about you"}) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sealport:rights-export:1:people",
        "title": "Who there is",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "id": {"type": ["integer", "null"]},
                "name": {"description": "about you", "type": ["string", "null"]},
                "on": {"type": ["string", "null"], "format": "date"},
                "at": {"type": ["string", "null"], "format": "date-time"},
                "tags": {"type": ["array", "null"]},
                "facts": {"description": "about you"},
            },
            "required": ["id", "name", "on", "at", "tags", "facts"],
            "additionalProperties": False,
        },
    }
    assert (FORMAT, SHOWN_ROWS) == (1, 100)
