"""Which objects of the operator's own rows of privacy name: copies that answer a request."""

from __future__ import annotations

from collections.abc import Iterator

from privacy.models import RightsExport


def named(names: list[str]) -> set[str]:
    """Those of these objects that a row names."""
    return set(RightsExport.objects.filter(object_name__in=names).values_list("object_name", flat=True))


def all_names() -> Iterator[str]:
    """Every object that a row names, in no order, without being in memory all at once."""
    yield from RightsExport.objects.values_list("object_name", flat=True).iterator(chunk_size=5_000)
