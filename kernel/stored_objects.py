"""What lies in the storage of the objects, listed as it is: by owner, which is the first part of an object's name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.core.files.storage import FileSystemStorage, default_storage

from kernel.vault import reaching_storage

Listed = tuple[str, datetime]
"""An object's name, and when it was written."""


def owners() -> list[str]:
    """Whose objects there are: customers' ids, and the operator's own name. Raises `StorageAway`."""
    with reaching_storage():
        try:
            folders, _files = default_storage.listdir("")
        except FileNotFoundError:
            return []
    return sorted(folders)


def objects_of(owner: str) -> Iterator[Listed]:
    """Each object of an owner, in no order; a million are listed without being in memory. Raises `StorageAway`."""
    with reaching_storage():
        storage: Any = default_storage
        if isinstance(storage, FileSystemStorage):
            yield from _of_folder(storage.path(owner), owner)
        else:
            for found in storage.bucket.objects.filter(Prefix=f"{owner}/"):
                yield found.key, found.last_modified


def is_there(name: str) -> bool:
    """Whether there is an object of this name. Raises `StorageAway`."""
    with reaching_storage():
        return default_storage.exists(name)


def _of_folder(path: str, owner: str) -> Iterator[Listed]:
    with os.scandir(path) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # deleted meanwhile
                if entry.is_file(follow_symlinks=False):
                    yield f"{owner}/{entry.name}", datetime.fromtimestamp(entry.stat().st_mtime, UTC)
