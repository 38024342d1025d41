"""Everything that names objects of the storage. A field that does and is not here fails a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from accounts.queries import object_names as of_operator
from kernel.reading import OPERATOR
from kernel.tenancy.context import customer_schema, find_customer
from privacy.queries import object_names as of_requests
from sealing.queries import object_names as of_customers

# `table.field` of every row that names an object, by where its owner's rows lie.
NAMING = {
    "customers": frozenset({"sealing_seal.object_name", "sealing_document.object_name"}),
    "operator": frozenset({"accounts_caseevidence.object_name", "privacy_rightsexport.object_name"}),
}


@dataclass(frozen=True, slots=True)
class Naming:
    """What an owner's rows name; asked within `where`. `closed` says that the owner's data were erased."""

    where: Callable[[], AbstractContextManager[Any]]
    named: Callable[[list[str]], set[str]]
    all_names: Callable[[], Iterator[str]]
    closed: bool = False


def naming_of(owner: str) -> Naming | None:
    """None for an owner of whom nothing is known: then nobody can say what its objects are."""
    if owner == OPERATOR:
        return Naming(nullcontext, _named_by_operator, _all_of_operator)
    customer = find_customer("id", owner)
    if customer is None:
        return None
    if not customer.has_schema:
        return Naming(nullcontext, lambda _names: set(), lambda: iter(()), closed=True)
    return Naming(lambda: customer_schema(owner), of_customers.named, of_customers.all_names)


def _named_by_operator(names: list[str]) -> set[str]:
    return of_operator.named(names) | of_requests.named(names)


def _all_of_operator() -> Iterator[str]:
    yield from of_operator.all_names()
    yield from of_requests.all_names()
