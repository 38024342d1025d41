"""The ZIP that is written while it is sent, read back by the programs that people have."""

from __future__ import annotations

import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealing.gateways.archive_stream import EntryOfOtherSize, ZipEntry, stream_zip

AT = datetime(2026, 11, 23, 10, 30, 20, tzinfo=UTC)


def entry(name: str, *parts: bytes, size: int | None = -1) -> ZipEntry:
    known = sum(map(len, parts)) if size == -1 else size
    return ZipEntry(name, known, iter(parts), AT)


def written(target: Path, *entries: ZipEntry) -> Path:
    target.write_bytes(b"".join(stream_zip(entries)))
    return target


def test_unzip_and_python_find_every_file_whole(tmp_path: Path) -> None:
    found = written(
        tmp_path / "a.zip",
        entry("Sutartis Nr. 5 – žodžiai.pdf", b"one", b"two"),
        entry("size unknown.txt", b"three", size=None),
        entry("empty.txt"),
    )
    subprocess.run(["unzip", "-tq", found], check=True, capture_output=True)
    with zipfile.ZipFile(found) as archive:
        contents = {each.filename: archive.read(each) for each in archive.infolist()}
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {each.date_time for each in archive.infolist()} == {(2026, 11, 23, 10, 30, 20)}
    assert contents == {
        "Sutartis Nr. 5 – žodžiai.pdf": b"onetwo",
        "size unknown.txt": b"three",
        "empty.txt": b"",
    }


def test_no_files_are_an_empty_zip_and_not_a_broken_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path / "none.zip")) as archive:
        assert archive.namelist() == []


def test_names_are_plain_and_different_on_every_computer(tmp_path: Path) -> None:
    wished = [
        "a.pdf",
        "A.PDF",
        "a (2).pdf",
        "../../etc/passwd",
        "CON.txt",
        "é.txt",
        "e\u0301.txt",
        "x" * 255,
        "ž" * 255,
    ]
    with zipfile.ZipFile(written(tmp_path / "n.zip", *(entry(name, b"x") for name in wished))) as archive:
        names = archive.namelist()
    assert names[:7] == ["a.pdf", "A (2).PDF", "a (2) (2).pdf", "passwd", "_CON.txt", "é.txt", "é (2).txt"]
    assert all(len(name.encode()) <= 255 for name in names)
    assert len({name.casefold() for name in names}) == len(wished)


def test_a_file_that_ends_early_breaks_the_answer_off(tmp_path: Path) -> None:
    with pytest.raises(EntryOfOtherSize):
        written(tmp_path / "short.zip", entry("a.pdf", b"half", size=8))


def test_memory_does_not_grow_with_the_files() -> None:
    def large() -> Iterator[bytes]:
        yield from (bytes(1 << 20) for _ in range(40))

    tracemalloc.start()
    length = sum(len(part) for part in stream_zip(ZipEntry(f"{n}.bin", 40 << 20, large(), AT) for n in range(2)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length > 80 << 20
    assert peak < 6 << 20


def test_a_file_beyond_four_gigabytes_is_announced_as_such() -> None:
    """ZIP64 is decided by the announced size, before the first byte is known."""
    parts = stream_zip([ZipEntry("huge.bin", 5 << 30, iter([b"x"]), AT)])
    assert next(parts)[4] == zipfile.ZIP64_VERSION
    with pytest.raises(EntryOfOtherSize):
        list(parts)
