"""Legal documents: which version is in force on a day, and how their text is laid out (clauses C5, D10)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar


class DocumentKind(StrEnum):
    """In the order of precedence (clause C5): where two disagree, the earlier one holds."""

    SPECIAL = "special"
    DPA = "dpa"
    PRIVACY = "privacy"
    AUP = "aup"
    TERMS = "terms"


# What everybody accepts before ordering; special terms are signed by both sides instead.
ACCEPTED = (DocumentKind.TERMS, DocumentKind.DPA, DocumentKind.AUP, DocumentKind.PRIVACY)


class Version(Protocol):
    """What is asked of a version: its kind, the legal day from which it holds, and its text's hash."""

    kind: str
    effective_on: date
    sha256: str


V = TypeVar("V", bound=Version)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a text: a `heading`, a `list` of items, or a `paragraph`."""

    kind: str
    lines: tuple[str, ...]


def in_force(versions: Iterable[V], on: date) -> dict[str, V]:
    """Of each kind the version that holds on the legal day `on`: the one that took effect last."""
    found: dict[str, V] = {}
    for version in sorted(versions, key=lambda each: each.effective_on):
        if version.effective_on <= on:
            found[version.kind] = version
    return found


def edition(versions: Iterable[Version]) -> str:
    """One short name for a set of versions, by which a form notices that one has changed since it was opened."""
    together = "\n".join(sorted(version.sha256 for version in versions))
    return hashlib.sha256(together.encode()).hexdigest()[:16]


def blocks(text: str) -> list[Block]:
    """A document's text in parts: blank lines between them, `## ` begins a heading, `- ` each item of a list."""
    return [_block(part.splitlines()) for part in text.strip().split("\n\n") if part.strip()]


def _block(lines: list[str]) -> Block:
    if lines[0].startswith("## "):
        return Block("heading", (lines[0].removeprefix("## "),))
    if all(line.startswith("- ") for line in lines):
        return Block("list", tuple(line.removeprefix("- ") for line in lines))
    return Block("paragraph", (" ".join(lines),))
