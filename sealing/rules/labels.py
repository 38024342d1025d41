"""How labels may be called, and how many there are."""

from __future__ import annotations

import unicodedata

MOST_LABELS = 200
MOST_LETTERS = 60


def label_name(text: str) -> str:
    """The name as it is kept: one space between words, no characters that cannot be seen."""
    seen = "".join(
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFC", text)
        if letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(seen.split())


def label_key(name: str) -> str:
    """By which two labels are the same: whatever the case."""
    return unicodedata.normalize("NFC", name.casefold())


def label_fault(name: str) -> str | None:
    """Why a label cannot be called so: `required` or `too_long`; None if it can."""
    if not name:
        return "required"
    return "too_long" if len(name) > MOST_LETTERS else None
