"""Drawing a visible seal: its place on the page, and the form that readers show there (ISO 32000-2, 12.5.5).

White, with a thin frame; a logo at the left, text, a QR code at the right. The colours are calibrated and nothing is
transparent, so that a PDF/A of any part stays one, whatever its output intent is.
"""

import zlib
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader

from .errors import UnsealableDocument
from .lettering import ASCENT, CAP_HEIGHT, DESCENT, FAMILY, UNITS, EmbeddedFont, embedded_font, width_of
from .pages import Corners, PageView, find_page, page_view
from .picture import Picture, picture
from .signature_dictionary import text_string
from .visible import VisibleSeal

if TYPE_CHECKING:
    from .revision import RevisionWriter

COLOURS: Final = (
    b"[/CalRGB<</WhitePoint[0.9505 1 1.089]/Gamma[2.2 2.2 2.2]"
    b"/Matrix[0.4124 0.2126 0.0193 0.3576 0.7152 0.1192 0.1805 0.0722 0.9505]>>]"
)
_TURNS: Final = {0: b"1 0 0 1", 90: b"0 1 -1 0", 180: b"-1 0 0 -1", 270: b"0 -1 1 0"}
_QUIET_MODULES: Final = 4  # ISO/IEC 18004: the white around a QR code
_LEAST_MODULE: Final = 0.75  # points, a quarter of a millimetre: what a telephone reads from paper
_LARGEST_LETTERS: Final = 12.0
_SMALLEST_LETTERS: Final = 4.0
_UNWRAPPED_ABOVE: Final = 8.0
_UNBROKEN_ABOVE: Final = 6.0
_LEADING: Final = 1.25
_ROUNDING: Final = 0.01


@dataclass(frozen=True)
class Placed:
    """The page, the widget's rectangle in the page's own units, and the box's width and height in points."""

    page: DictionaryObject
    rectangle: Corners
    turned: int
    size: tuple[float, float]


def placed(reader: PdfFileReader, seal: VisibleSeal) -> Placed:
    """Where the seal goes; raises `UnsealableDocument` when there is no such place."""
    page = find_page(reader, seal.page)
    view = page_view(page)
    x, y, width, height = _box(seal, view.size)
    if min(x, y) < -_ROUNDING or x + width > view.size[0] + _ROUNDING or y + height > view.size[1] + _ROUNDING:
        page_size = "{:.0f} x {:.0f}".format(*view.size)
        raise UnsealableDocument("box_outside_page", f"the page shows {page_size} points")
    return Placed(page, _rectangle(view, x, y, width, height), view.turned, (width, height))


def _box(seal: VisibleSeal, page_size: tuple[float, float]) -> Corners:
    if seal.box is not None:
        return seal.box
    width, height = seal.size
    left, right = seal.margin, page_size[0] - seal.margin - width
    x = left if "left" in seal.place else right if "right" in seal.place else (left + right) / 2
    y = seal.margin if "top" in seal.place else page_size[1] - seal.margin - height
    return x, y, width, height


def _rectangle(view: PageView, x: float, y: float, width: float, height: float) -> Corners:
    """From what is seen, measured from the top left, to the page's own coordinates."""
    left, bottom, right, top = view.shown
    x, y, width, height = (each / view.unit for each in (x, y, width, height))
    if view.turned == 90:
        return left + y, bottom + x, left + y + height, bottom + x + width
    if view.turned == 180:
        return right - x - width, bottom + y, right - x, bottom + y + height
    if view.turned == 270:
        return right - y - height, top - x - width, right - y, top - x
    return left + x, top - y - height, left + x + width, top - y


def widget_entries(seal: VisibleSeal, where: Placed) -> bytes:
    """The widget's rectangle, and its words for those who do not see it."""
    words = text_string(" ".join(seal.text.split()))
    return b"/Rect[%s]" % _numbers(*where.rectangle) + (b"/TU%s/Contents%s" % (words, words) if seal.text else b"")


def draw(writer: "RevisionWriter", seal: VisibleSeal, where: Placed) -> int:
    """Write the form with its font and picture; returns its object number."""
    drawing = _Drawing(writer, seal, *where.size)
    content = zlib.compress(drawing.content())
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 %s]/Matrix[%s 0 0]/Resources<</ColorSpace<</C %s>>%s>>" % (
        _numbers(*where.size),
        _TURNS[where.turned],
        COLOURS,
        drawing.resources,
    )
    return writer.add_stream(content, head + b"/Filter/FlateDecode")


class _Drawing:
    """One seal in a box of that size, from the bottom left; what is left of the width goes to the text."""

    def __init__(self, writer: "RevisionWriter", seal: VisibleSeal, width: float, height: float) -> None:
        self.writer, self.seal = writer, seal
        self.width, self.height = width, height
        self.padding = min(7.0, width * 0.06, height * 0.12)
        self.left, self.right = self.padding, width - self.padding
        self.resources = b""

    def content(self) -> bytes:
        parts = [b"/C cs/C CS 1 1 1 sc 0 0 %s re f" % _numbers(self.width, self.height)]
        if self.seal.modules:
            parts.append(self._code())
        if self.seal.logo:
            parts.append(self._logo())
        if self.seal.text:
            parts.append(self._text())
        frame = _numbers(0.25, 0.25, self.width - 0.5, self.height - 0.5)
        return b"\n".join([*parts, b"0.6 0.6 0.6 SC 0.5 w %s re S" % frame])

    def _code(self) -> bytes:
        modules = self.seal.modules
        alone = not (self.seal.text or self.seal.logo)
        side = min(self.height, self.width if alone else self.width / 2)
        module = side / (len(modules) + 2 * _QUIET_MODULES)
        if module < _LEAST_MODULE:
            raise UnsealableDocument("box_too_small", f"each module of the QR code would have {module:.2f} points")
        middle = (self.width if alone else 2 * self.width - side) / 2
        inner = module * len(modules)
        corner = _numbers(middle - inner / 2, (self.height - inner) / 2)
        self.right = middle - side / 2
        runs = b"\n".join(_runs(modules))
        return b"q %s 0 0 %s %s cm 0 0 0 sc\n%s\nf Q" % (_numbers(module), _numbers(module), corner, runs)

    def _logo(self) -> bytes:
        alone = not self.seal.text
        available = (self.right - self.left) * (1 if alone else 0.35), self.height - 2 * self.padding
        image = picture(self.seal.logo, within=available)
        scale = min(available[0] / image.width, available[1] / image.height)
        width, height = image.width * scale, image.height * scale
        x = self.left + ((available[0] - width) / 2 if alone else 0)
        self.left += width + self.padding
        self.resources += b"/XObject<</L %d 0 R>>" % _add_picture(self.writer, image)
        corner = _numbers(x, (self.height - height) / 2)
        return b"q %s 0 0 %s %s cm/L Do Q" % (_numbers(width), _numbers(height), corner)

    def _text(self) -> bytes:
        size, lines = _fitted(self.seal.text, self.right - self.left, self.height - 2 * self.padding)
        font = embedded_font(letter for line in lines for letter in line)
        self.resources += b"/Font<</F %d 0 R>>" % _add_font(self.writer, font)
        block = _block_height(len(lines), size)
        baseline = (self.height + block) / 2 - size * CAP_HEIGHT / UNITS
        spelled = [b"".join(b"%04X" % font.glyphs[letter] for letter in line) for line in lines]
        down = b" 0 %s Td " % _numbers(-size * _LEADING)
        shown = down.join(b"<%s>Tj" % line for line in spelled)
        return b"0.1 0.1 0.1 sc BT/F %s Tf %s Td %s ET" % (_numbers(size), _numbers(self.left, baseline), shown)


def _runs(modules: tuple[str, ...]) -> list[bytes]:
    """The dark modules as rectangles of one row each, the first row at the top."""
    found = []
    for row, line in enumerate(modules):
        column = 0
        for dark, run in groupby(line):
            length = len(list(run))
            if dark == "1":
                found.append(b"%d %d %d 1 re" % (column, len(modules) - 1 - row, length))
            column += length
    return found


def _fitted(text: str, width: float, height: float) -> tuple[float, list[str]]:
    """The largest letters in which the text fits, and its lines; small ones first wrap, then break words."""
    size = _LARGEST_LETTERS
    while size >= _SMALLEST_LETTERS:
        lines, broken = _wrapped(text, width / size)
        wrapped = len(lines) > text.count("\n") + 1
        allowed = size <= (_UNBROKEN_ABOVE if broken else _UNWRAPPED_ABOVE if wrapped else size)
        if allowed and _block_height(len(lines), size) <= height:
            return size, lines
        size -= 0.5
    raise UnsealableDocument("box_too_small", f"the text needs more than {width:.0f} x {height:.0f} points")


def _block_height(lines: int, size: float) -> float:
    return size * ((lines - 1) * _LEADING + (CAP_HEIGHT - DESCENT) / UNITS)


def _wrapped(text: str, ems: float) -> tuple[list[str], bool]:
    """Lines of at most that many ems, and whether a word had to be broken."""
    lines, broken = [], False
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if width_of(longer, 1) <= ems:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _broken(word, ems)
            broken = broken or bool(full)
            lines += full
        lines.append(line)
    return lines, broken


def _broken(word: str, ems: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and width_of(pieces[-1] + letter, 1) > ems:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _add_picture(writer: "RevisionWriter", image: Picture) -> int:
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace %s/Filter/FlateDecode" % (
        image.width,
        image.height,
        COLOURS,
    )
    return writer.add_stream(zlib.compress(image.samples), head)


def _add_font(writer: "RevisionWriter", font: EmbeddedFont) -> int:
    """A composite font whose codes are its glyphs' numbers, with the way back to text (ISO 32000-2, 9.7 and 9.10)."""
    name = b"SEALED+%s" % FAMILY.encode()
    file = writer.add_stream(font.file, b"/Length1 %d/Filter/FlateDecode" % font.size)
    every_glyph = writer.add_stream(_all_bits(len(font.widths)))
    descriptor = writer.add(
        b"<</Type/FontDescriptor/FontName/%s/Flags 32/FontBBox[%s]/ItalicAngle 0/Ascent %s/Descent %s/CapHeight %s"
        b"/StemV 80/FontFile2 %d 0 R/CIDSet %d 0 R>>"
        % (
            name,
            _thousandths(*font.box),
            _thousandths(ASCENT),
            _thousandths(DESCENT),
            _thousandths(CAP_HEIGHT),
            file,
            every_glyph,
        )
    )
    descendant = writer.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%s"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/CIDToGIDMap/Identity/W[0[%s]]>>" % (name, descriptor, _numbers(*font.widths))
    )
    back = writer.add_stream(_to_unicode(font))
    return writer.add(
        b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (name, descendant, back)
    )


def _all_bits(count: int) -> bytes:
    return (((1 << count) - 1) << (-count % 8)).to_bytes((count + 7) // 8, "big")


def _to_unicode(font: EmbeddedFont) -> bytes:
    rows = [
        b"<%04X><%s>" % (glyph, letter.encode("utf-16-be").hex().upper().encode())
        for letter, glyph in font.glyphs.items()
    ]
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    body = b"\n".join(b"%d beginbfchar\n%s\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks)
    return (
        b"/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
        b"/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n%s\nendcmap\n"
        b"CMapName currentdict/CMap defineresource pop\nend\nend" % body
    )


def _thousandths(*units: int) -> bytes:
    return _numbers(*(round(each * 1000 / UNITS) for each in units))


def _numbers(*values: float) -> bytes:
    return b" ".join(f"{value:.4f}".rstrip("0").rstrip(".").encode() for value in values)
