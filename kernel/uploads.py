"""All files of a form in one temporary file: a thousand of them need one descriptor, where a process has few."""

from __future__ import annotations

import io
import os
import tempfile
from functools import cached_property
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest


class OneFileUpload(FileUploadHandler):
    """For forms that are too large for memory; the temporary file is gone with the last part that is closed."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._spool = _Spool()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._start = self._spool.file.tell()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._spool.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        self._spool.file.flush()
        part: Any = _Part(self._spool, self._start, file_size)
        return UploadedFile(part, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)


class _Spool:
    """The temporary file, made when the first byte comes, and how many of its parts are open."""

    parts = 0

    @cached_property
    def file(self) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)

    def close(self) -> None:
        if "file" in self.__dict__:
            self.file.close()

    __del__ = close  # of an upload that broke off


class _Part(io.RawIOBase):
    """One uploaded file, with a position of its own."""

    def __init__(self, spool: _Spool, start: int, size: int) -> None:
        self._spool: _Spool | None = spool
        self._descriptor, self._start, self._size, self._at = spool.file.fileno(), start, size, 0
        spool.parts += 1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: Any) -> int:
        return self._take(memoryview(buffer).cast("B"))

    def readall(self) -> bytes:
        whole = bytearray(max(self._size - self._at, 0))
        return bytes(whole[: self._take(memoryview(whole))])

    def _take(self, room: memoryview) -> int:
        if self.closed:  # the number of the descriptor may be another file's by now
            raise ValueError("read from a closed upload")
        wanted = max(min(len(room), self._size - self._at), 0)
        taken = os.preadv(self._descriptor, [room[:wanted]], self._start + self._at) if wanted else 0
        self._at += taken
        return taken

    def close(self) -> None:
        if self._spool:
            self._spool.parts -= 1
            if not self._spool.parts:
                self._spool.close()
            self._spool = None
        super().close()
