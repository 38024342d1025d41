"""What a request for a seal may ask, decided before anything is stored."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sealing.rules.appearance import Appearance, appearance_faults
from sealing.rules.faults import Fault

MAX_NAME_LENGTH = 255
MAX_TEXT_LENGTH = 200
MAX_REFERENCE_LENGTH = 80
MAX_DOCUMENTS = 100
FORMATS = ("pades", "asice", "cades")
LEVELS = ("B-T", "B-LT", "B-LTA")
DIGEST_LEVELS_OF: dict[str, tuple[str, ...]] = {"cades": LEVELS, "pades": ("B-T",)}
"""What can be made from a digest alone: a PDF's evidence lies in the PDF, which we do not have."""
DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
CONTAINERS = ("asice", "edoc", "bdoc")
"""How a container may be called: eDoc 2.0 and BDOC 2.1 are ASiC-E with another ending, and of the same media type."""
RESULT_MEDIA_TYPES = {
    "pades": "application/pdf",
    "asice": "application/vnd.etsi.asic-e+zip",
    "cades": "application/pkcs7-signature",
}
"""What comes back, by what `result_format` says."""
_PDF_ONLY = ("reason", "location", "contact", "appearance")


@dataclass(frozen=True, slots=True)
class SealRequest:
    """What the customer asked for, apart from the documents. Empty texts are not written into the seal.

    Without a format the documents decide, see `chosen_format`. Without an appearance nothing of the seal is seen.
    """

    format: str = ""
    level: str = "B-LT"
    certificate: str | None = None
    reason: str = ""
    location: str = ""
    contact: str = ""
    reference: str = ""
    certify: bool = True
    appearance: Appearance | None = None
    container: str = ""


def faults(request: SealRequest) -> tuple[Fault, ...]:
    """Everything wrong with the request; empty when it can be accepted."""
    found = []
    if request.format not in {"", *FORMATS}:
        found.append(Fault("format", "format_unknown"))
    if request.level not in LEVELS:
        found.append(Fault("level", "level_unknown"))
    if request.container not in {"", *CONTAINERS}:
        found.append(Fault("container", "container_unknown"))
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
        if any(_is_control(letter) for letter in getattr(request, name) or "")
    ]
    if request.appearance:
        found += appearance_faults(request.appearance)
    return tuple(found)


def _is_control(letter: str) -> bool:
    """What no sealed file can carry: controls, halves of characters (which JSON can bring, but UTF-8 cannot write),
    and the two that are no characters.
    """
    return unicodedata.category(letter) in {"Cc", "Cs"} or letter in "\ufffe\uffff"


def is_pdf(name: str, first_bytes: bytes) -> bool:
    """Whether a document is meant as a PDF: it is called one, or begins like one."""
    return name.lower().endswith(".pdf") or first_bytes.startswith(b"%PDF-")


def chosen_format(asked: str, pdfs: Sequence[bool]) -> str:
    """The format of a seal over documents of which each is a PDF or not: one PDF is sealed itself, anything else and
    several files go into a container, unless something else was asked.
    """
    return asked or ("pades" if list(pdfs) == [True] else "asice")


def format_faults(request: SealRequest, chosen: str, documents: int) -> tuple[Fault, ...]:
    """What does not fit the chosen format; a wish that it has no place for is refused rather than dropped."""
    found = []
    if chosen != "asice" and documents > 1:
        found.append(Fault("format", "one_document_only"))
    found += _ending_without_container(request, chosen)
    without_place = {"asice": ("contact", "appearance"), "cades": _PDF_ONLY}.get(chosen, ())
    return (*found, *_without_place(request, without_place))


def digest_faults(request: SealRequest, chosen: str, algorithm: str, size: int) -> tuple[Fault, ...]:
    """What does not fit when only a digest of `size` bytes was sent; the texts of a PDF are in the PDF, not with us."""
    found = []
    if algorithm not in DIGEST_BYTES:
        found.append(Fault("digest/algorithm", "digest_algorithm_unknown"))
    elif size != DIGEST_BYTES[algorithm]:
        found.append(Fault("digest/value", "digest_length"))
    if chosen not in DIGEST_LEVELS_OF:
        found.append(Fault("format", "format_needs_document"))
    elif request.level not in DIGEST_LEVELS_OF[chosen]:
        found.append(Fault("level", "level_needs_document"))
    elif request.level == "B-LTA" and algorithm != "sha256":
        found.append(Fault("level", "level_needs_sha256"))
    found += _ending_without_container(request, chosen)
    return (*found, *_without_place(request, _PDF_ONLY))


def _ending_without_container(request: SealRequest, chosen: str) -> list[Fault]:
    return [Fault("container", "no_container")] if request.container and chosen != "asice" else []


def _without_place(request: SealRequest, names: Sequence[str]) -> tuple[Fault, ...]:
    return tuple(Fault(name, "pdf_only") for name in names if getattr(request, name))


def result_format(chosen: str, *, from_digest: bool) -> str:
    """The format of the file that comes back: from a digest alone it is a detached signature, also for a PDF."""
    return "cades" if from_digest else chosen


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


def sealed_name(name: str, format: str, container: str = "") -> str:  # noqa: A002 - the word of the API
    """The name of the file that comes back: `contract.pdf` becomes `contract-sealed.pdf`, in a container
    `contract.asice` (or with the ending asked for), and with a detached seal beside it `contract.pdf.p7s`.
    """
    if format == "cades":
        return f"{name}.p7s"
    stem, dot, extension = name.rpartition(".")
    stem = stem if dot and stem else name
    if format == "asice":
        return f"{stem}.{container or CONTAINERS[0]}"
    return f"{stem}-sealed.{extension}" if stem != name else f"{name}-sealed.pdf"
