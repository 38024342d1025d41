"""Folders whose files go by age: logs, mails that came back, statements, what killed processes left, backups."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

Aged = tuple[Path, datetime]
"""A file or folder, and the moment from which its period counts."""

_ROTATED = re.compile(r"\.(\d{4}-\d{2}-\d{2})$")
# Made by name where files are sealed, verified, tried and archived; a folder of temporary files is not ours alone.
_OF_WORK = ("sealport-archive-", "sealport-seal-", "sealport-trial-", "sealport-verify-")
_OF_EXPORTS = ("sealport-export-", "sealport-list-")
_COPY_OF_UPGRADE = "-before-upgrade"


def rotate_logs(today: date) -> int:
    """Put what was written to each log since the last time aside, under the day before; how many. Safe to repeat.

    The file itself stays, because a process writes to it: what it writes between copying and emptying may be lost.
    """
    rotated = 0
    for path in sorted(_log_folder().glob("*.log")) if _log_folder().is_dir() else ():
        aside = path.with_name(f"{path.name}.{today - timedelta(days=1)}")
        with suppress(FileNotFoundError):
            if path.is_symlink() or aside.exists() or not path.stat().st_size:
                continue
            unfinished = path.with_name(f"{aside.name}.part")
            shutil.copyfile(path, unfinished)
            unfinished.replace(aside)
            os.truncate(path, 0)
            rotated += 1
    return rotated


def logs() -> Iterator[Aged]:
    """Logs that were put aside, by the day in their names; others by their last line."""
    for path, changed in _files(_log_folder(), "*.log.*"):
        named = _ROTATED.search(path.name)
        yield path, datetime.fromisoformat(named[1]).replace(tzinfo=UTC) if named else changed


def returned_mails() -> Iterator[Aged]:
    """Mails in the maildir that came back and were not taken over."""
    if settings.MAIL_BOUNCE_DIR:
        for part in ("new", "cur", "tmp"):
            yield from _files(Path(settings.MAIL_BOUNCE_DIR) / part, "*")


def bank_statements() -> Iterator[Aged]:
    """Statements of the bank that were taken over or refused, with the words beside them."""
    if settings.CAMT_FOLDER:
        for part in ("imported", "refused"):
            yield from _files(Path(settings.CAMT_FOLDER) / part, "*")


def leftovers() -> Iterator[Aged]:
    """Uploads and working folders of processes that were killed, by their last change; only what is this user's."""
    if settings.FILE_UPLOAD_TEMP_DIR:
        yield from _files(Path(settings.FILE_UPLOAD_TEMP_DIR), "*")
    yield from _working_folders(_OF_WORK)


def unfinished_exports() -> Iterator[Aged]:
    """Working folders of copies of somebody's data whose process was killed, by their last change."""
    yield from _working_folders(_OF_EXPORTS)


def _working_folders(prefixes: tuple[str, ...]) -> Iterator[Aged]:
    for path in Path(tempfile.gettempdir()).iterdir():
        if path.name.startswith(prefixes):
            with suppress(FileNotFoundError):
                state = path.lstat()
                if state.st_uid == os.getuid() and path.is_dir() and not path.is_symlink():
                    yield path, datetime.fromtimestamp(state.st_mtime, UTC)


def backups() -> Iterator[Aged]:
    """Everything in the folder of backups, copies made before an upgrade too."""
    yield from _files(Path(settings.BACKUP_DIR), "**/*")


def copies_before_upgrades() -> Iterator[Aged]:
    """Copies made before an upgrade that has happened since, by the moment at which it had: its last migration's."""
    upgraded_at = last_migration()
    for path, made_at in backups():
        if _COPY_OF_UPGRADE in path.name and upgraded_at and upgraded_at > made_at:
            yield path, upgraded_at


def remove(path: Path) -> None:
    """Delete a file, or a folder with what is in it; one that is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _log_folder() -> Path:
    return Path(settings.LOG_DIR)


def _files(folder: Path, pattern: str) -> Iterator[Aged]:
    for path in folder.glob(pattern) if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # somebody else was quicker
            if path.is_file() or path.is_symlink():
                yield path, datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def last_migration() -> datetime | None:
    """When this installation was made or last upgraded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(applied) FROM django_migrations")
        found: datetime | None = cursor.fetchone()[0]
    return found
