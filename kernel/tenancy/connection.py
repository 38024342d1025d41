"""The database connection, typed as what django-tenants makes of it."""

from __future__ import annotations

from typing import Protocol, cast

from django import db


class CustomerConnection(Protocol):
    """Each thread's connection, which looks into one schema at a time and then into `public`."""

    schema_name: str

    def set_schema(self, schema_name: str) -> None: ...

    def set_schema_to_public(self) -> None: ...


connection = cast("CustomerConnection", db.connection)
