"""How a rule says what does not fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that does not fit: its name and a stable code."""

    field: str
    code: str
