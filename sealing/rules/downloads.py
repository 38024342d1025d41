"""How much one download of several documents may hold."""

from __future__ import annotations

MOST_DOCUMENTS = 1_000
MOST_BYTES = 2 << 30
"""Two gigabytes: what every program unpacks, and what a connection holds out for."""


def fits_one_download(documents: int, size: int) -> bool:
    """Whether so many sealed documents of so many bytes together are given as one file."""
    return documents <= MOST_DOCUMENTS and size <= MOST_BYTES
