"""What a seal shows on its page, as plain values that the writer and the gate are both given."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import segno


@dataclass(frozen=True)
class VisibleSeal:
    """A box and what stands in it.

    `page` counts from 1, or from the end with -1 for the last. `box` is (x, y, width, height) in points of 1/72 inch
    from the top left corner of the page as a reader shows it. Without a box, one of `size` (width, height) lies at
    `place`, such as "bottom-right", `margin` points from the edges. `text` is drawn as it is, `logo` is a PNG or
    JPEG, `modules` are the rows of a QR code, each a text of 0 and 1.
    """

    page: int = 1
    box: tuple[float, float, float, float] | None = None
    place: str = "bottom-right"
    size: tuple[float, float] = (200.0, 64.0)
    margin: float = 36.0
    text: str = ""
    logo: bytes = b""
    modules: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Rebuild what crossed a process border, where tuples become lists."""
        rebuilt: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in values.items()}
        return cls(**rebuilt)


@cache
def qr_modules(text: str) -> tuple[str, ...]:
    """A QR code as rows of 0 and 1, without the white around it; one in seven modules may be damaged."""
    code = segno.make(text, error="m", micro=False)
    return tuple("".join(str(int(dark)) for dark in row) for row in code.matrix)
