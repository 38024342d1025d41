"""Writing with the vendored font: which letters it has, how wide they are, and a font file of just those in use.

The files hold one alphabet each and all weights; the regular one is their default. They are read once in a process,
in the sandbox before it forks.
"""

import io
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fontTools.ttLib.tables.ttProgram import Program

FAMILY: Final = "Inter-Regular"
UNITS: Final = 2048
ASCENT: Final = 1984
DESCENT: Final = -494
CAP_HEIGHT: Final = 1490
UNKNOWN: Final = "?"
_FOLDER: Final = Path(__file__).resolve().parents[2] / "static" / "vendor" / "inter"
_ALPHABETS: Final = ("latin", "latin-ext", "cyrillic", "greek")


@dataclass(frozen=True)
class EmbeddedFont:
    """A font file (TrueType, compressed with zlib, `size` bytes when not), which letter is which glyph, and how wide
    each glyph is in thousandths of the font size. Glyph 0 is the one for no letter. `box` is around all glyphs, in
    units of the font.
    """

    file: bytes
    size: int
    glyphs: dict[str, int]
    widths: tuple[int, ...]
    box: tuple[int, int, int, int]


@cache
def _letters() -> dict[int, tuple[TTFont, str]]:
    """Where each letter's glyph is: its font and the glyph's name there."""
    found: dict[int, tuple[TTFont, str]] = {}
    for alphabet in _ALPHABETS:
        font = TTFont(_FOLDER / f"inter-{alphabet}-wght-normal.woff2")
        for letter, name in font.getBestCmap().items():
            found.setdefault(letter, (font, name))
    return found


def missing_letters(text: str) -> str:
    """The letters of a text that the font has not, each once; line ends need none."""
    return "".join(sorted({letter for letter in text if letter != "\n" and ord(letter) not in _letters()}))


def writable(text: str) -> str:
    """The text with a question mark for each letter that the font has not."""
    return "".join(letter if letter == "\n" or ord(letter) in _letters() else UNKNOWN for letter in text)


def width_of(text: str, size: float) -> float:
    """How wide one line is, in the unit of the font size."""
    return sum(_advance(letter) for letter in text) * size / UNITS


@cache
def _advance(letter: str) -> int:
    font, name = _letters()[ord(letter)]
    return int(font["hmtx"][name][0])


def embedded_font(letters: Iterable[str]) -> EmbeddedFont:
    """A font of these letters alone, numbered from 1 in their order in Unicode."""
    ordered = sorted(set(letters))
    names = [".notdef", *(f"glyph{number}" for number in range(1, len(ordered) + 1))]
    sources = [_notdef(), *(_letters()[ord(letter)] for letter in ordered)]
    metrics = {name: font["hmtx"][source] for name, (font, source) in zip(names, sources, strict=True)}
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupGlyf({name: _outline(*source) for name, source in zip(names, sources, strict=True)})
    builder.setupHorizontalMetrics(metrics)
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.font.save(out)
    widths = tuple(round(metrics[name][0] * 1000 / UNITS) for name in names)
    glyphs = {letter: number for number, letter in enumerate(ordered, 1)}
    head = builder.font["head"]
    box = (head.xMin, head.yMin, head.xMax, head.yMax)
    return EmbeddedFont(zlib.compress(out.getvalue()), len(out.getvalue()), glyphs, widths, box)


def _notdef() -> tuple[TTFont, str]:
    return _letters()[ord(" ")][0], ".notdef"


def _outline(font: TTFont, name: str) -> Any:
    """A glyph's contours without instructions; one made of others is taken apart."""
    table = font["glyf"]
    drawn, outline = table[name], Glyph()
    if drawn.numberOfContours == 0:
        return outline
    outline.coordinates, outline.endPtsOfContours, outline.flags = drawn.getCoordinates(table)
    outline.numberOfContours = len(outline.endPtsOfContours)
    outline.program = Program()
    outline.program.fromBytecode(b"")
    return outline


def warm_up() -> None:
    """Read the files now, so that processes forked later share them."""
    embedded_font("Sealed")
    for alphabet in {id(font): font for font, _ in _letters().values()}.values():
        alphabet["glyf"], alphabet["hmtx"]
