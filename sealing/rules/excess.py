"""In which order documents go for which there is no room: the oldest first, and no more than it takes (B11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar


class Sized(Protocol):
    @property
    def size(self) -> int: ...


S = TypeVar("S", bound=Sized)


def beyond(oldest_first: Iterable[S], *, total: int, room: int) -> Iterator[S]:
    """Those of the documents that go until what is left of `total` fits into `room`, both in bytes."""
    left = total
    for each in oldest_first:
        if left <= room:
            return
        left -= each.size
        yield each
