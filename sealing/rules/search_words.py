"""Which words a document is found by, and which a search asks for: whole words and their beginnings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SHORTEST_BEGINNING = 3
LONGEST_BEGINNING = 20
MOST_WORDS_SOUGHT = 8

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"\d+|[^\W\d]+")


def findable_words(texts: Iterable[str]) -> frozenset[str]:
    """The words of the texts, those within a word of letters and digits too, and their beginnings from three letters.

    `Invoice-2026-11.pdf` is found by `inv`, `invoi`, `2026` or `11`, whatever the case and the accents.
    """
    words = {word for text in texts for word in _words(text)}
    words |= {part for word in words for part in _PART.findall(word)}
    return frozenset(beginning for word in words for beginning in _beginnings(word))


def sought_words(search: str) -> frozenset[str]:
    """What each found document must have, every one of them; empty when the search holds no word at all."""
    return frozenset(word[:LONGEST_BEGINNING] for word in _words(search)[:MOST_WORDS_SOUGHT])


def _words(text: str) -> list[str]:
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return _WORD.findall("".join(letters).casefold())


def _beginnings(word: str) -> Iterable[str]:
    if len(word) < SHORTEST_BEGINNING:
        return (word,)
    return (word[:end] for end in range(SHORTEST_BEGINNING, min(len(word), LONGEST_BEGINNING) + 1))
