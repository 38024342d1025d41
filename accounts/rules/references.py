"""Being named as a reference (clause C11): the version of the words that are agreed to, and their digest."""

from __future__ import annotations

import hashlib

WORDS_VERSION = "2026-11"
"""Changed together with `accounts.queries.references.consent_words`: old consents keep the words they were given to."""


def words_digest(words: str) -> str:
    """The SHA-256 of the words in UTF-8 (hex), by which it is shown later what was agreed to."""
    return hashlib.sha256(words.encode()).hexdigest()
