"""A customer's logo as samples that a PDF can carry: it decodes strangers' bytes, so it belongs into the sandbox."""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from .errors import UnsealableDocument

MOST_PIXELS: Final = 16_000_000
MOST_SIDE: Final = 8_000
STORED_SIDE: Final = 600
_PIXELS_PER_POINT: Final = 4  # 288 dpi: what a printer shows of a logo


@dataclass(frozen=True)
class Picture:
    """Samples of 8 bits, row by row from the top: red, green and blue of each pixel."""

    width: int
    height: int
    samples: bytes


def picture(encoded: bytes, *, within: tuple[float, float]) -> Picture:
    """Decode a PNG or JPEG, no finer than is of use in a box of that many points; raises `UnsealableDocument`.

    Dimensions are looked at before a pixel is decoded. Transparency is laid on white, since PDF/A-1 has none; of an
    animation the first picture counts; a photograph is turned as its camera asks.
    """
    try:
        with Image.open(io.BytesIO(encoded), formats=("PNG", "JPEG")) as image:
            _check_dimensions(image.width, image.height)
            image.load()
            decoded = _opaque(ImageOps.exif_transpose(image))
    except UnsealableDocument:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise UnsealableDocument("logo_too_large", type(error).__name__) from error
    except Exception as error:  # a decoder fails on hostile bytes in any way it likes
        raise UnsealableDocument("logo_unreadable", f"{type(error).__name__}: {error}"[:200]) from error
    most = [max(1, min(STORED_SIDE, round(side * _PIXELS_PER_POINT))) for side in within]
    decoded.thumbnail((most[0], most[1]))
    return Picture(decoded.width, decoded.height, decoded.tobytes())


def _check_dimensions(width: int, height: int) -> None:
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise UnsealableDocument("logo_too_large", f"{width} x {height} pixels")


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in {"LA", "PA", "RGBA", "La", "RGBa"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image.convert("RGB")


def warm_up() -> None:
    """Load the decoders now, so that processes forked later share them."""
    for kind in ("PNG", "JPEG"):
        small = io.BytesIO()
        Image.new("RGBA" if kind == "PNG" else "RGB", (8, 8)).save(small, kind)
        picture(small.getvalue(), within=(1, 1))
