"""How a seal may show itself on a page of a PDF, decided before anything is stored."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

from sealing.rules.faults import Fault

PLACES = ("top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right")
MARGIN_POINTS = 36.0  # between a named place and the edge of the page: half an inch
DEFAULT_SIZE = (200.0, 64.0)
DEFAULT_TEXT = "Sealed by {name}\n{date} {time}"
MAX_TEXT_LENGTH = 300
MAX_LOGO_BYTES = 200_000
LEAST_SIZE = (36.0, 18.0)
MOST_POINTS = 14_400.0  # the largest page that readers agree on, ISO 32000-1 annex C.2
LAST_PAGE_NUMBER = 20_000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a seal shows and where.

    `page` counts from 1, or from the end with -1 for the last. `box` is (x, y, width, height) in points of 1/72 inch
    from the top left corner of the page as a reader shows it, so after its rotation and cut to its crop box; without
    it `place`, one of `PLACES`, and `size` (width, height) say where. `text` may hold {name}, {date} and {time}; an
    empty one shows none. `logo` is a PNG or JPEG, `qr` leads to the page where seals are verified.
    """

    page: int = 1
    box: tuple[float, float, float, float] | None = None
    place: str = "bottom-right"
    size: tuple[float, float] = DEFAULT_SIZE
    text: str = DEFAULT_TEXT
    logo: bytes = b""
    qr: bool = False

    def filled(self, *, name: str, date: str, time: str) -> str:
        """The text with what is known when the seal is made."""
        filled = self.text
        for key, value in (("{date}", date), ("{time}", time), ("{name}", name)):
            filled = filled.replace(key, value)
        return filled


def appearance_faults(asked: Appearance) -> tuple[Fault, ...]:
    """Everything that cannot be right on any page."""
    found = []
    if asked.page == 0 or abs(asked.page) > LAST_PAGE_NUMBER:
        found.append(Fault("appearance/page", "no_such_page"))
    if asked.place not in PLACES:
        found.append(Fault("appearance/place", "place_unknown"))
    found += [*_box_faults(asked), *_text_faults(asked.text), *_logo_faults(asked.logo)]
    if not (asked.text.strip() or asked.logo or asked.qr):
        found.append(Fault("appearance/text", "nothing_to_show"))
    return tuple(found)


def plain_text(text: str) -> str:
    """A text as it is drawn: composed letters, one kind of line end, no blanks around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _box_faults(asked: Appearance) -> list[Fault]:
    field = "appearance/box" if asked.box else "appearance/size"
    x, y, width, height = asked.box or (0.0, 0.0, *asked.size)
    if not all(math.isfinite(each) and abs(each) <= MOST_POINTS for each in (x, y, width, height)):
        return [Fault(field, "not_a_box")]
    if min(x, y) < 0:
        return [Fault(field, "box_outside_page")]
    return [Fault(field, "box_too_small")] if width < LEAST_SIZE[0] or height < LEAST_SIZE[1] else []


def _text_faults(text: str) -> list[Fault]:
    if len(text) > MAX_TEXT_LENGTH:
        return [Fault("appearance/text", "too_long")]
    controls = any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text if letter != "\n")
    return [Fault("appearance/text", "control_characters")] if controls else []


def _logo_faults(logo: bytes) -> list[Fault]:
    if len(logo) > MAX_LOGO_BYTES:
        return [Fault("appearance/logo", "logo_too_large")]
    return [Fault("appearance/logo", "not_a_picture")] if logo and not logo.startswith((_PNG, _JPEG)) else []
