"""The files of a copy of somebody's data, written one after the other into a folder and from there into a ZIP.

A table is read once and written row by row, so that a copy of any size needs little memory. Names of files in the ZIP
are part of the format: `privacy.rules.exports.FORMAT`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string

from kernel.cells import csv_line

SUMS, SEAL = "SHA256SUMS", "SHA256SUMS.p7s"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """How many rows a table had, and the first of them for the page that people read."""

    count: int
    first: list[list[str]]


def write_table(
    folder: Path, name: str, fields: Iterable[str], rows: Iterable[Mapping[str, Any]], *, show: int
) -> WrittenTable:
    """Write `data/<name>.json` and `.csv`; nothing for a table without a row. The first `show` rows are given back."""
    columns, first, count = list(fields), list[list[str]](), 0
    pending = iter(rows)
    row = next(pending, None)
    if row is None:
        return WrittenTable(0, first)
    with _new(folder, f"data/{name}.json") as as_json, _new(folder, f"data/{name}.csv") as as_csv:
        as_csv.write(csv_line(columns))
        while row is not None:
            as_json.write("[\n" if count == 0 else ",\n")
            as_json.write(json.dumps({column: row[column] for column in columns}, cls=_Encoder, ensure_ascii=False))
            cells = [_cell(row[column]) for column in columns]
            as_csv.write(csv_line(cells))
            if count < show:
                first.append(cells)
            count, row = count + 1, next(pending, None)
        as_json.write("\n]\n")
    return WrittenTable(count, first)


def write_json(folder: Path, name: str, value: Any) -> None:
    """Write a value of JSON, in lines that people can read."""
    with _new(folder, name) as file:
        file.write(json.dumps(value, cls=_Encoder, ensure_ascii=False, indent=2) + "\n")


def write_page(folder: Path, name: str, template: str, context: Mapping[str, Any]) -> None:
    """Write a page, or a text, of a template; everything in `context` is escaped in pages."""
    with _new(folder, name) as file:
        file.write(render_to_string(template, dict(context)))


def sums_of(folder: Path) -> dict[str, str]:
    """The SHA-256 (hex) of each file, by its name."""
    return {name: _digest(folder / name) for name in _names(folder)}


def write_sums(folder: Path) -> str:
    """Write `SHA256SUMS` over all files, as `sha256sum -c` reads it; the list's own SHA-256 (hex)."""
    lines = [f"{digest}  {name}\n" for name, digest in sums_of(folder).items()]
    with _new(folder, SUMS) as file:
        file.writelines(lines)
    return _digest(folder / SUMS)


def write_seal(folder: Path, seal: bytes) -> None:
    """Put the seal over `SHA256SUMS` beside it."""
    (folder / SEAL).write_bytes(seal)


def zip_folder(folder: Path, target: Path) -> None:
    """All files of the folder as one ZIP."""
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name in _names(folder):
            archive.write(folder / name, name)


class _Encoder(DjangoJSONEncoder):
    """Moments with all their digits: Django's own cuts them to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, dict | list | bool):
        return json.dumps(value, cls=_Encoder, ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def _new(folder: Path, name: str) -> IO[str]:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    return path.open("x", encoding="utf-8", newline="")


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_BLOCK):
            digest.update(part)
    return digest.hexdigest()
