"""A row read in one customer's schema can never be saved in another's, nor in public."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django_tenants.utils import get_public_schema_name

from kernel.tenancy.connection import connection


class WrongSchema(Exception):
    """A programming error: an object crossed from one customer's schema into another."""


class CustomerModel(models.Model):
    """Base of every model that lives in a customer's schema."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> Self:
        instance = super().from_db(*args, **options)
        instance.__dict__["_schema"] = connection.schema_name
        return instance

    def save_base(self, *args: Any, **options: Any) -> None:
        schema = self.__dict__.setdefault("_schema", connection.schema_name)
        if schema != connection.schema_name or schema == get_public_schema_name():
            raise WrongSchema(f"{type(self).__name__} of {schema} saved in {connection.schema_name}")
        super().save_base(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        if self.__dict__.get("_schema") != connection.schema_name:
            raise WrongSchema(f"{type(self).__name__} deleted from {connection.schema_name}")
        return super().delete(*args, **options)
