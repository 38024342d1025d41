"""What writer and gate of ASiC-E containers agree about: the fixed parts, and how files may be called."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

MEDIA_TYPE: Final = "application/vnd.etsi.asic-e+zip"
MIMETYPE: Final = "mimetype"
MANIFEST: Final = "META-INF/manifest.xml"
SIGNATURES: Final = "META-INF/signatures0.xml"
LONGEST_NAME: Final = 255
"""Bytes of UTF-8; what file systems allow where somebody unpacks the container."""

_NOT_IN_XML: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")
_RESERVED: Final = {"mimetype", "meta-inf"}


def name_fault(name: str, others: Iterable[str] = ()) -> str | None:
    """Why a file of that name cannot lie in a container beside the others: one of `errors.CODES`, or None if it can.

    `unsafe_name` (a path, nothing, control characters, too long), `reserved_name` (the container's own parts) or
    `duplicate_name` (the same file to a system that ignores case or composition).
    """
    if name in {"", ".", ".."} or "/" in name or "\\" in name or _NOT_IN_XML.search(name):
        return "unsafe_name"
    if len(name.encode()) > LONGEST_NAME:
        return "unsafe_name"
    if _folded(name) in _RESERVED:
        return "reserved_name"
    return "duplicate_name" if _folded(name) in set(map(_folded, others)) else None


def reference_uri(name: str) -> str:
    """The file's name as a relative URI (RFC 3986): UTF-8, everything but unreserved characters percent-encoded."""
    return quote(name, safe="")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
