"""Files that only their owner may read."""

from __future__ import annotations

import secrets
from pathlib import Path


def write_secretly(path: Path, text: str) -> None:
    """Writes the file whole or not at all."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(path)


def kept_secret(path: Path) -> str:
    """The secret of this file, made at random the first time."""
    if not path.exists():
        write_secretly(path, secrets.token_urlsafe(32))
    return path.read_text()
