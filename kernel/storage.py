"""Files on disk that survive a power cut, and whole folders of them, on a disk or in a bucket, that go for good.

A row that names a file is never ahead of the file itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage


class DurableFileSystemStorage(FileSystemStorage):
    """Django's file storage, written through to the disk before the name is given out."""

    def _save(self, name: str, content: Any) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out
        path = self.path(saved)
        for written in (path, os.path.dirname(path)):  # noqa: PTH120 - Django speaks in text paths
            descriptor = os.open(written, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return saved


def names_in(storage: Storage, folder: str) -> Iterator[str]:
    """The names of the objects in a folder of the storage, which has no folders below; none where it is not there."""
    with suppress(FileNotFoundError):  # on a disk; a bucket has no folders
        _folders, files = storage.listdir(folder)
        yield from (f"{folder}/{name}" for name in files)


def delete_folder(storage: Storage, folder: str) -> int:
    """Delete every object in the folder and the folder itself; returns how many there were.

    In a bucket that keeps versions every version goes, and the marks of what was deleted before: else the content would
    still be there. May be repeated; what another deletes meanwhile is no error. Raises `OSError` for what a bucket does
    not let go, an object lock for one.
    """
    bucket = getattr(storage, "bucket", None)
    if bucket is not None:
        return _delete_versions(bucket, f"{folder}/")
    names = list(names_in(storage, folder))
    for name in names:
        storage.delete(name)
    with suppress(FileNotFoundError):  # never made, or gone with another engine
        shutil.rmtree(storage.path(folder))  # with what a crash left of a file half written
    return len(names)


def _delete_versions(bucket: Any, prefix: str) -> int:
    answers = bucket.object_versions.filter(Prefix=prefix).delete()
    if kept := [error["Key"] for answer in answers for error in answer.get("Errors", ())]:
        raise OSError(f"the bucket kept {len(kept)} versions, such as {kept[0]}")
    return sum(len(answer.get("Deleted", ())) for answer in answers)
