"""What a request for a seal may ask, decided before anything is stored."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MAX_NAME_LENGTH = 255
MAX_TEXT_LENGTH = 200
MAX_REFERENCE_LENGTH = 80
FORMATS = ("pades",)
LEVELS = ("B-T", "B-LT")
_UNWRITABLE = {"Cc", "Cs"}  # control characters, and halves of characters, which JSON can carry but UTF-8 cannot


@dataclass(frozen=True, slots=True)
class SealRequest:
    """What the customer asked for, apart from the document itself. Empty texts are not written into the seal."""

    format: str = "pades"
    level: str = "B-LT"
    certificate: str | None = None
    reason: str = ""
    location: str = ""
    contact: str = ""
    reference: str = ""
    certify: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that does not fit: its name and a stable code."""

    field: str
    code: str


def faults(request: SealRequest) -> tuple[Fault, ...]:
    """Everything wrong with the request; empty when it can be accepted."""
    found = []
    if request.format not in FORMATS:
        found.append(Fault("format", "format_unknown"))
    if request.level not in LEVELS:
        found.append(Fault("level", "level_unknown"))
    found += [
        Fault(name, "too_long")
        for name, limit in (
            ("reason", MAX_TEXT_LENGTH),
            ("location", MAX_TEXT_LENGTH),
            ("contact", MAX_TEXT_LENGTH),
            ("reference", MAX_REFERENCE_LENGTH),
        )
        if len(getattr(request, name)) > limit
    ]
    found += [
        Fault(name, "control_characters")
        for name in ("certificate", "reason", "location", "contact", "reference")
        if any(unicodedata.category(letter) in _UNWRITABLE for letter in getattr(request, name) or "")
    ]
    return tuple(found)


def plain_name(name: str) -> str:
    """A file name that is safe to show, store and send back: no folders, control or direction characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        letter for letter in last if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    kept = kept.strip(" .")
    if len(kept) > MAX_NAME_LENGTH:
        stem, dot, extension = kept.rpartition(".")
        keep_extension = dot and len(extension) <= 10
        kept = (
            f"{stem[: MAX_NAME_LENGTH - len(extension) - 1]}.{extension}" if keep_extension else kept[:MAX_NAME_LENGTH]
        )
    return kept or "document"


def sealed_name(name: str) -> str:
    """The name of the sealed file: `contract.pdf` becomes `contract-sealed.pdf`."""
    stem, dot, extension = name.rpartition(".")
    return f"{stem}-sealed.{extension}" if dot and stem else f"{name}-sealed.pdf"
