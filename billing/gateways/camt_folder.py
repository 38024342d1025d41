"""The watched folder in which statements of the bank arrive, and where they go from there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from billing.gateways.camt import MAX_BYTES

IMPORTED, REFUSED = "imported", "refused"
_QUIET_SECONDS = 30


def statements_in(folder: Path, *, now: datetime) -> Iterator[tuple[Path, bytes]]:
    """The files that arrived, oldest name first, with what is in them; one still being written is left for later.

    Of a file that is too large the first bytes, which is one more than is read. Links are not followed.
    """
    for path in sorted(folder.glob("*.[xX][mM][lL]")):
        with suppress(FileNotFoundError):  # another worker was quicker
            if path.is_symlink() or not path.is_file():
                continue
            if now.timestamp() - path.stat().st_mtime >= _QUIET_SECONDS:
                with path.open("rb") as file:
                    yield path, file.read(MAX_BYTES + 1)


def file_statement(path: Path, content: bytes, *, into: str, words: str) -> None:
    """Move a file to `imported` or `refused`, with `words` beside it in a text file of the same name.

    The words are written first: a file that has moved has them. The name gets a piece of its digest, so that no file
    replaces another.
    """
    target = path.parent / into
    target.mkdir(exist_ok=True)
    name = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}"
    (target / f"{name}.txt").write_text(words + "\n", encoding="utf-8")
    with suppress(FileNotFoundError):
        path.rename(target / f"{name}{path.suffix}")
