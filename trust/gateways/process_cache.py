"""What a process remembers of costly checks, bounded, and forgettable by tests."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")
_CAPACITY = 512
_all: list[ProcessCache[object]] = []


class ProcessCache(Generic[Value]):
    """Keeps the newest 512 values; threads may share it."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Value] = {}
        _all.append(self)  # type: ignore[arg-type]  # the list only ever clears

    def get(self, key: Hashable) -> Value | None:
        return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        self._values.pop(key, None)
        self._values[key] = value
        while len(self._values) > _CAPACITY:
            self._values.pop(next(iter(self._values)), None)

    def clear(self) -> None:
        self._values.clear()


def forget_everything() -> None:
    """Empty every cache of this process."""
    for cache in _all:
        cache.clear()
