"""The contact form: what somebody consents to by sending it, word by word (D12)."""

from __future__ import annotations

import hashlib
from enum import StrEnum


class Topic(StrEnum):
    """What a message is about, which decides who reads it."""

    PRIVACY = "privacy"
    SECURITY = "security"
    SALES = "sales"
    OTHER = "other"


LONGEST_MESSAGE = 4000
MESSAGES_PER_MINUTE = 6  # from one address


def text_hash(text: str) -> str:
    """What proves later which text was agreed to: SHA-256 of it in UTF-8 (hex)."""
    return hashlib.sha256(text.encode()).hexdigest()
