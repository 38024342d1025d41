"""Checkpoints of the audit trail as files outside the database: who can write to the database cannot write here.

One file a checkpoint, never written twice. Copy or ship the folder to where the database's administrators have no say.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

_NAME = re.compile(r"checkpoint-(\d{8,})\.json")


def export_path(number: int) -> Path:
    """Where the file of a checkpoint lies."""
    folder: Path = settings.AUDIT_EXPORT_DIR
    return folder / f"checkpoint-{number:08d}.json"


def exported(number: int) -> dict[str, Any] | None:
    """What the file of a checkpoint says; None when there is none, `{}` for one that cannot be read."""
    try:
        found: dict[str, Any] = json.loads(export_path(number).read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return found


def write_export(number: int, content: dict[str, Any]) -> None:
    """Write the file whole, or not at all; one that exists stays as it is."""
    path = export_path(number)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.new")
    unfinished.write_text(json.dumps(content, sort_keys=True))
    try:
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()


def exports() -> Iterator[tuple[int, dict[str, Any] | None]]:
    """The files by number; None for one that cannot be read."""
    folder: Path = settings.AUDIT_EXPORT_DIR
    for path in sorted(folder.glob("checkpoint-*.json")) if folder.is_dir() else []:
        if found := _NAME.fullmatch(path.name):
            try:
                yield int(found[1]), json.loads(path.read_text())
            except (OSError, ValueError):
                yield int(found[1]), None
