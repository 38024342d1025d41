"""The gate's look at what a seal shows: what was ordered, where it was ordered, and nothing besides."""

import re
from typing import Any, Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, StreamObject, TextStringObject
from pyhanko.pdf_utils.reader import PdfFileReader

from .errors import SealCheckFailed
from .pages import PageView, find_page, page_view
from .reading import dictionaries, entry
from .visible import VisibleSeal

_TOLERANCE: Final = 0.02  # points
_WIDGET: Final = {"/Type", "/Subtype", "/FT", "/T", "/F", "/Rect", "/V", "/P", "/AP"}
_WORDS: Final = {"/TU", "/Contents"}
_FORM: Final = {"/Type", "/Subtype", "/BBox", "/Matrix", "/Resources", "/Filter", "/Length"}
_EMPTY_FORM: Final = {"/Type", "/Subtype", "/BBox", "/Resources", "/Length"}
_PICTURE: Final = {"/Type", "/Subtype", "/Width", "/Height", "/BitsPerComponent", "/ColorSpace", "/Filter", "/Length"}
_CONTENT: Final = re.compile(
    rb"(?:\s*(?:-?\d+(?:\.\d+)?|<[0-9A-F]*>|/[CFL]|cs|CS|sc|SC|re|f|S|w|q|Q|cm|Do|BT|ET|Tf|Td|Tj)(?=[\s/<]|$|(?<=>)))*\s*"
)
_SHOWN: Final = re.compile(rb"<([0-9A-F]*)>\s*Tj")
_RUN: Final = re.compile(rb"^(\d+) (\d+) (\d+) 1 re$", re.MULTILINE)
_UNICODE: Final = re.compile(rb"<([0-9A-F]{4})><([0-9A-F]+)>")


def check_appearance(reader: PdfFileReader, field: DictionaryObject, expected: VisibleSeal | None) -> None:
    """Whether a new signature field is seen as ordered, or not seen at all; raises `SealCheckFailed`."""
    appearances = entry(field, "/AP", DictionaryObject)
    form = entry(appearances, "/N", StreamObject) if appearances is not None else None
    if form is None or appearances is None or appearances.keys() != {"/N"} or field.get("/F") != 132:
        raise SealCheckFailed("the appearance is not one that prints")
    if expected is None:
        _check_unseen(field, form)
        return
    if field.keys() != _WIDGET | (_WORDS if expected.text else set()):
        raise SealCheckFailed("the seal's field has entries that nobody ordered")
    _check_words(field, expected)
    _check_place(reader, field, form, expected)
    _check_content(form, expected)


def _check_unseen(field: DictionaryObject, form: StreamObject) -> None:
    corners = _floats(field, "/Rect")
    if field.keys() != _WIDGET or form.keys() != _EMPTY_FORM or corners != [0.0] * 4 or form.data:
        raise SealCheckFailed("the seal shows something that nobody ordered")


def _check_words(field: DictionaryObject, expected: VisibleSeal) -> None:
    words = {str(entry(field, key, TextStringObject)) for key in _WORDS & field.keys()}
    if words != ({" ".join(expected.text.split())} if expected.text else set()):
        raise SealCheckFailed("the words for those who do not see the seal are others")


def _check_place(reader: PdfFileReader, field: DictionaryObject, form: StreamObject, expected: VisibleSeal) -> None:
    page = find_page(reader, expected.page)
    on_page = any(each is field for each in dictionaries(entry(page, "/Annots", ArrayObject)))
    if entry(field, "/P", DictionaryObject) is not page or not on_page:
        raise SealCheckFailed("the seal is shown on another page")
    view = page_view(page)
    box = _seen(view, _floats(field, "/Rect"))
    if not _is_ordered(box, view.size, expected):
        raise SealCheckFailed("the seal is shown in another place")
    if not _all_close(_floats(form, "/BBox"), [0.0, 0.0, *box[2:]]) or not _is_upright(_floats(form, "/Matrix"), view):
        raise SealCheckFailed("the seal is shown distorted")


def _seen(view: PageView, rectangle: list[float]) -> list[float]:
    """The rectangle as (x, y, width, height) from the top left of what is seen: turned about the page's centre."""
    if len(rectangle) != 4:
        raise SealCheckFailed("the seal has no rectangle")
    left, bottom, right, top = view.shown
    middle = (left + right) / 2, (bottom + top) / 2
    corners = [
        (rectangle[0] - middle[0], rectangle[1] - middle[1]),
        (rectangle[2] - middle[0], rectangle[3] - middle[1]),
    ]
    (x1, y1), (x2, y2) = (_turned(x * view.unit, y * view.unit, view.turned) for x, y in corners)
    width, height = view.size
    return [width / 2 + min(x1, x2), height / 2 - max(y1, y2), abs(x2 - x1), abs(y2 - y1)]


def _turned(x: float, y: float, degrees: int) -> tuple[float, float]:
    for _ in range(degrees // 90):
        x, y = y, -x
    return x, y


def _is_upright(matrix: list[float], view: PageView) -> bool:
    if len(matrix) != 6:
        return False
    right, up = _turned(matrix[0], matrix[1], view.turned), _turned(matrix[2], matrix[3], view.turned)
    return _all_close([*right, *up, *matrix[4:]], [1, 0, 0, 1, 0, 0])


def _is_ordered(box: list[float], page: tuple[float, float], expected: VisibleSeal) -> bool:
    if expected.box is not None:
        return _all_close(box, list(expected.box))
    left, above = box[0], box[1]
    right, below = page[0] - left - box[2], page[1] - above - box[3]
    side = left if "left" in expected.place else right if "right" in expected.place else expected.margin
    centred = "left" in expected.place or "right" in expected.place or abs(left - right) < _TOLERANCE
    height = above if "top" in expected.place else below
    return centred and _all_close([side, height, *box[2:]], [expected.margin, expected.margin, *expected.size])


def _check_content(form: StreamObject, expected: VisibleSeal) -> None:
    resources = entry(form, "/Resources", DictionaryObject)
    content: bytes = form.data
    wanted = {"/ColorSpace"} | ({"/Font"} if expected.text else set()) | ({"/XObject"} if expected.logo else set())
    if form.keys() != _FORM or resources is None or resources.keys() != wanted or not _CONTENT.fullmatch(content):
        raise SealCheckFailed("the seal shows something that nobody ordered")
    _check_picture(resources, content, expected)
    if "".join(_text(resources, content).split()) != "".join(expected.text.split()):
        raise SealCheckFailed("the seal shows another text")
    if _dark_modules(content, len(expected.modules)) != [
        (column, row) for row, line in enumerate(expected.modules) for column, dark in enumerate(line) if dark == "1"
    ]:
        raise SealCheckFailed("the seal shows another QR code")


def _check_picture(resources: DictionaryObject, content: bytes, expected: VisibleSeal) -> None:
    pictures = entry(resources, "/XObject", DictionaryObject)
    picture = entry(pictures, "/L", StreamObject) if pictures is not None else None
    fits = picture is not None and pictures is not None and len(pictures) == 1 and picture.keys() == _PICTURE
    if content.count(b" Do") != bool(expected.logo) or bool(expected.logo) != fits:
        raise SealCheckFailed("the seal shows another picture")


def _text(resources: DictionaryObject, content: bytes) -> str:
    """What copying from the seal gives: the codes of the text through the font's own table."""
    fonts = entry(resources, "/Font", DictionaryObject)
    font = entry(fonts, "/F", DictionaryObject) if fonts is not None else None
    table = entry(font, "/ToUnicode", StreamObject) if font is not None else None
    found: list[Any] = _UNICODE.findall(table.data) if table is not None else []
    letters = {code: bytes.fromhex(letter.decode()).decode("utf-16-be") for code, letter in found}
    return "".join(
        letters[line[start : start + 4]] for line in _SHOWN.findall(content) for start in range(0, len(line), 4)
    )


def _dark_modules(content: bytes, rows: int) -> list[tuple[int, int]]:
    """Column and row, from the top, of every module that is drawn."""
    runs = [tuple(map(int, numbers)) for numbers in _RUN.findall(content)]
    cells = [(column + step, rows - 1 - row) for column, row, length in runs for step in range(length)]
    return sorted(cells, key=lambda cell: (cell[1], cell[0]))


def _floats(holder: DictionaryObject, key: str) -> list[float]:
    array = entry(holder, key, ArrayObject)
    return [float(array[index]) for index in range(len(array))] if array is not None else []


def _all_close(found: list[float], wanted: list[float]) -> bool:
    return len(found) == len(wanted) and all(abs(a - b) < _TOLERANCE for a, b in zip(found, wanted, strict=True))
