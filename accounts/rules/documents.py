"""Legal documents: which version binds whom on which day, and how their text is laid out (clauses C5, D10)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

ANNOUNCED_DAYS = 30
EVERYWHERE = ""  # the country of what holds in all of them
LEADING_LANGUAGE = "en"
_PLACEHOLDER = re.compile(r"\{\{ *(\w+) *\}\}")


class DocumentKind(StrEnum):
    """The five of the contract in their order of precedence (clause C5), then what only informs."""

    SPECIAL = "special"
    DPA = "dpa"
    PRIVACY = "privacy"
    AUP = "aup"
    TERMS = "terms"
    COOKIES = "cookies"


class Audience(StrEnum):
    """For whom a version is written: those who use the portal, those who use the API, or both."""

    ALL = "all"
    PORTAL = "portal"
    API = "api"


# Where two of a contract's documents disagree, the earlier one holds (clause C5).
PRECEDENCE = (DocumentKind.SPECIAL, DocumentKind.DPA, DocumentKind.PRIVACY, DocumentKind.AUP, DocumentKind.TERMS)
# What everybody accepts before ordering; special terms are signed by both sides instead.
ACCEPTED = (DocumentKind.TERMS, DocumentKind.DPA, DocumentKind.AUP, DocumentKind.PRIVACY)
PUBLIC = (*ACCEPTED, DocumentKind.COOKIES)


class Text(Protocol):
    """What is asked of a text: one version of one kind in one language.

    `effective_on` is the legal day from which the version holds, `sha256` the hash of the text. All texts of a version
    agree in everything but language and text.
    """

    kind: str
    version: str
    audience: str
    country: str
    language: str
    announced_at: datetime
    effective_on: date
    needs_acceptance: bool
    sha256: str


T = TypeVar("T", bound=Text)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a text: a `heading`, a `list` of items, or a `paragraph`."""

    kind: str
    lines: tuple[str, ...]


def key(text: Text) -> Key:
    """What names a version: its kind and its number."""
    return (text.kind, text.version)


def earliest_effect(announced_on: date, *, first_of_kind: bool) -> date:
    """The first legal day on which what is announced may hold: 30 days later, at once if nothing held before (D10)."""
    return announced_on if first_of_kind else announced_on + timedelta(days=ANNOUNCED_DAYS)


def binds_from(effective_on: date, told_on: date) -> date:
    """The first legal day on which a change binds who was told of it on `told_on`: late is later by as much (D10)."""
    return max(effective_on, told_on + timedelta(days=ANNOUNCED_DAYS))


def in_force(texts: Iterable[Text], on: date) -> set[Key]:
    """The versions that hold on the legal day `on`, each for the audience and country it was written for."""
    newest: dict[tuple[str, str, str], Text] = {}
    for text in sorted(texts, key=_age):
        if text.effective_on <= on:
            newest[text.kind, text.audience, text.country] = text
    return {key(text) for text in newest.values()}


def binding(
    texts: Iterable[T],
    *,
    audience: str,
    country: str,
    on: date,
    accepted: Collection[Key] | None = None,
    told: Mapping[Key, date] | None = None,
) -> dict[str, list[T]]:
    """Of each kind the version that binds on the legal day `on`, in all its languages (clauses C5, D10).

    What is written for the country goes before what is written for all, then what is written for the audience; among
    those the one that took effect last. With `accepted`, a version that needs acceptance binds only who has given it,
    and the one before goes on; so it does for 30 days after the day on which a change was `told`, unless accepted.
    """
    known = [text for text in texts if _concerns(text, audience, country) and text.effective_on <= on]
    if accepted is not None:
        known = [text for text in known if not text.needs_acceptance or key(text) in accepted]
    if told is not None:
        late = {name for name, told_on in told.items() if binds_from(on, told_on) > on} - set(accepted or ())
        known = [text for text in known if key(text) not in late]
    found: dict[str, list[T]] = {}
    for text in sorted(known, key=lambda each: (_closeness(each), _age(each))):
        before = found.get(text.kind, [])
        found[text.kind] = [*before, text] if before and key(before[0]) == key(text) else [text]
    return found


def _concerns(text: Text, audience: str, country: str) -> bool:
    return text.audience in {Audience.ALL, audience} and text.country in {EVERYWHERE, country}


def _closeness(text: Text) -> tuple[bool, bool]:
    return (text.country != EVERYWHERE, text.audience != Audience.ALL)


def _age(text: Text) -> tuple[date, datetime, str]:
    return (text.effective_on, text.announced_at, text.version)


def in_language(texts: Sequence[T], language: str) -> T:
    """The text for a reader of `language`; where there is none, the English one, else the first by language.

    Raises `ValueError` without any text.
    """
    if not texts:
        raise ValueError(language)
    return min(texts, key=lambda text: (text.language != language, text.language != LEADING_LANGUAGE, text.language))


def next_version(taken: Collection[str], effective_on: date) -> str:
    """The number of a version: the year in which it takes effect and the first place that is not taken."""
    place = 1
    while f"{effective_on.year}-{place}" in taken:
        place += 1
    return f"{effective_on.year}-{place}"


def edition(versions: Iterable[Text]) -> str:
    """One short name for a set of versions, by which a form notices that one has changed since it was opened."""
    together = "\n".join(sorted(version.sha256 for version in versions))
    return hashlib.sha256(together.encode()).hexdigest()[:16]


def split_title(text: str) -> tuple[str, str]:
    """Title and body of a text whose first line is `# ` and its title; raises `ValueError` where it is not."""
    first, _, rest = text.strip().partition("\n")
    title = first.removeprefix("# ").strip()
    if not first.startswith("# ") or not title or not rest.strip():
        raise ValueError(first)
    return title, rest.strip() + "\n"


def fill(text: str, figures: Mapping[str, str]) -> str:
    """The text with each placeholder `{{name}}` replaced by its figure; raises `KeyError` for an unknown name."""
    return _PLACEHOLDER.sub(lambda found: figures[found[1]], text)


def blocks(text: str) -> list[Block]:
    """A document's text in parts: blank lines between them, `## ` begins a heading, `- ` each item of a list."""
    return [_block(part.splitlines()) for part in text.strip().split("\n\n") if part.strip()]


def _block(lines: list[str]) -> Block:
    if lines[0].startswith("## "):
        return Block("heading", (lines[0].removeprefix("## "),))
    if all(line.startswith("- ") for line in lines):
        return Block("list", tuple(line.removeprefix("- ") for line in lines))
    return Block("paragraph", (" ".join(lines),))
