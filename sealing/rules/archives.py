"""Names of files in an archive that anybody unpacks anywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sealing.rules.requests import plain_name

_NOWHERE = re.compile(r'[<>:"|?*]')  # not in names on Windows
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_STEM_BYTES, _EXTENSION_BYTES = 200, 30  # with a counter they stay below the 255 bytes of file systems


def unique_names(names: Iterable[str], *, taken: Iterable[str] = ()) -> list[str]:
    """The names, made safe for every system, and different where case and composition do not count: `a.pdf`,
    `a (2).pdf`. None is one of `taken`.
    """
    used, chosen = {_folded(name) for name in taken}, []
    counters: dict[str, int] = {}
    for name in names:
        candidate = plain = _safe(name)
        while _folded(candidate) in used:
            counters[_folded(plain)] = number = counters.get(_folded(plain), 1) + 1
            stem, dot, extension = plain.rpartition(".")
            candidate = f"{stem} ({number}).{extension}" if dot else f"{plain} ({number})"
        used.add(_folded(candidate))
        chosen.append(candidate)
    return chosen


def _safe(name: str) -> str:
    kept = _NOWHERE.sub("_", plain_name(name))
    stem, dot, extension = kept.rpartition(".")
    short = f"{_cut(stem, _STEM_BYTES)}.{_cut(extension, _EXTENSION_BYTES)}" if dot else _cut(kept, _STEM_BYTES)
    return f"_{short}" if _DEVICES.match(short) else short


def _cut(text: str, longest: int) -> str:
    return text.encode()[:longest].decode(errors="ignore")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
