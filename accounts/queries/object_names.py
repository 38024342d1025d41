"""Which objects of the operator's own the rows name: papers that show a right to act."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import CaseEvidence


def named(names: list[str]) -> set[str]:
    """Those of these objects that a row names."""
    return set(CaseEvidence.objects.filter(object_name__in=names).values_list("object_name", flat=True))


def all_names() -> Iterator[str]:
    """Every object that a row names, in no order, without being in memory all at once."""
    yield from CaseEvidence.objects.values_list("object_name", flat=True).iterator(chunk_size=5_000)
