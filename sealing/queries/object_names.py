"""Which objects the rows of a customer name."""

from __future__ import annotations

from collections.abc import Iterator

from sealing.models import Document, Seal


def named(names: list[str]) -> set[str]:
    """Those of these objects that a row of the customer whose schema it is names."""
    return {
        str(name)
        for model in (Seal, Document)
        for name in model.objects.filter(object_name__in=names).values_list("object_name", flat=True)
    }


def all_names() -> Iterator[str]:
    """Every object that a row names, in no order, without being in memory all at once."""
    for model in (Seal, Document):
        names = model.objects.exclude(object_name=None).values_list("object_name", flat=True)
        yield from (str(name) for name in names.iterator(chunk_size=5_000))
