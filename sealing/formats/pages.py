"""Pages as a reader sees them: cut to the crop box, turned, and in points whatever the user unit is.

ISO 32000-2, 7.7.3.3 and 7.7.3.4: what a page does not say itself it inherits from the nodes above it.
"""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, FloatObject, NumberObject, PdfObject
from pyhanko.pdf_utils.reader import PdfFileReader

from .errors import UnsealableDocument
from .reading import Found, entry, iterate_pages

_DEEPEST: Final = 100
_LETTER: Final = (0.0, 0.0, 612.0, 792.0)  # what readers show when a page has no usable box at all

Corners = tuple[float, float, float, float]
"""Left, bottom, right and top."""


@dataclass(frozen=True)
class PageView:
    """The part of a page that is shown, in its own units; `turned` is how many degrees clockwise it is shown turned,
    `unit` how many points one unit is."""

    shown: Corners
    turned: int
    unit: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points, as seen."""
        left, bottom, right, top = self.shown
        width, height = (right - left) * self.unit, (top - bottom) * self.unit
        return (height, width) if self.turned in (90, 270) else (width, height)


def find_page(reader: PdfFileReader, number: int) -> DictionaryObject:
    """The page of that number, from 1, or from the end with -1 for the last; raises `UnsealableDocument`."""
    pages = iterate_pages(reader)
    if number > 0:
        found = next(islice(pages, number - 1, None), None)
    else:
        last = deque(pages, maxlen=-number)
        found = last[0] if len(last) == -number else None
    if found is None:
        raise UnsealableDocument("no_such_page", f"page {number}")
    return found


def page_view(page: DictionaryObject) -> PageView:
    """How readers show that page; values that make no sense count as missing."""
    media = _corners(_inherited(page, "/MediaBox", ArrayObject)) or _LETTER
    crop = _corners(_inherited(page, "/CropBox", ArrayObject)) or media
    shown = (max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3]))
    if not (shown[0] < shown[2] and shown[1] < shown[3]):
        shown = media
    turned = _number(_inherited(page, "/Rotate", PdfObject)) or 0.0
    unit = _number(entry(page, "/UserUnit", PdfObject)) or 1.0
    return PageView(shown, int(turned) % 360 if turned % 90 == 0 else 0, unit if 0 < unit <= 75_000 else 1.0)


def _inherited(page: DictionaryObject, key: str, kind: type[Found]) -> Found | None:
    node: DictionaryObject | None = page
    for _ in range(_DEEPEST):
        if node is None:
            break
        if (value := entry(node, key, kind)) is not None:
            return value
        node = entry(node, "/Parent", DictionaryObject)
    return None


def _corners(box: ArrayObject | None) -> Corners | None:
    """The rectangle of any two opposite corners; None unless it has an area."""
    numbers = [_number(box[index]) for index in range(len(box))] if box is not None else []
    sides = [each for each in numbers if each is not None and abs(each) < 1e6]
    if len(sides) != 4 or len(numbers) != 4:
        return None
    left, right = sorted((sides[0], sides[2]))
    bottom, top = sorted((sides[1], sides[3]))
    return (left, bottom, right, top) if left < right and bottom < top else None


def _number(value: PdfObject | None) -> float | None:
    return float(value) if isinstance(value, NumberObject | FloatObject) else None
