"""ASiCManifest and ASiCArchiveManifest (ETSI EN 319 162-1, A.4): which files a signature or timestamp is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .cms import STRONG_DIGESTS, Flawed
from .markup import at_most_one, children, digest_algorithm, is_named, only, parse, value
from .parts import Parts
from .words import worst
from .xades import Reference, file_name

MOST_REFERENCES: Final = 2000


@dataclass(frozen=True)
class Manifest:
    """A manifest by its name: what is over it (`signature`, a part's name), and what it lists."""

    name: str
    signature: str
    references: tuple[Reference, ...]
    flaw: str = ""

    def check(self, parts: Parts) -> tuple[str, ...]:
        """Every file it lists is there and unchanged; their names. Raises `Flawed`."""
        if self.flaw:
            raise Flawed(self.flaw)
        codes = [_code(each, parts) for each in self.references]
        if wrong := [code for code in codes if code]:
            raise Flawed(worst(wrong))
        return tuple(file_name(each, parts) for each in self.references)

    def check_strength(self) -> None:
        """Its digests prove something today; raises `Flawed`."""
        if not {each.algorithm for each in self.references} <= STRONG_DIGESTS:
            raise Flawed("weak_algorithm")


def _code(reference: Reference, parts: Parts) -> str:
    try:
        found = parts.digest(file_name(reference, parts), reference.algorithm)
    except Flawed as flawed:
        return flawed.code
    return "" if found == reference.digest else "changed_content"


def read_manifests(parts: Parts) -> Iterator[Manifest]:
    """Every manifest of the container that says what it is over; one that cannot be read is told by its flaw."""
    for part in list(parts):
        folder, _, name = part.name.rpartition("/")
        if folder == "META-INF" and name.endswith(".xml") and name.startswith(("ASiCManifest", "ASiCArchiveManifest")):
            try:
                yield _read(part.name, parts)
            except Flawed as flawed:
                yield Manifest(part.name, "", (), flawed.code)


def _read(name: str, parts: Parts) -> Manifest:
    root = parse(parts.content(name))
    if not is_named(root, "asic:ASiCManifest"):
        raise Flawed("malformed_signature")
    references = [
        Reference(each.get("URI", ""), (), digest_algorithm(each), value(only(each, "ds:DigestValue")))
        for each in children(root, "asic:DataObjectReference")
    ]
    if not 0 < len(references) <= MOST_REFERENCES:
        raise Flawed("malformed_signature")
    signature = at_most_one(root, "asic:SigReference")
    target = "" if signature is None else signature.get("URI", "")
    return Manifest(name, file_name(Reference(target, (), "", b""), parts), tuple(references))
