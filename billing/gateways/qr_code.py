"""QR codes as drawings."""

from __future__ import annotations

import segno


def qr_svg(text: str, *, title: str) -> str:
    """A QR code as an SVG element without styles of its own, black on white in any theme; `title` is read aloud."""
    code = segno.make(text, error="m", micro=False, encoding="utf-8")
    drawn: str = code.svg_inline(
        scale=4, border=4, omitsize=True, light="#fff", svgclass="qr", lineclass=None, title=title
    )
    return drawn.replace("<svg ", '<svg role="img" ', 1)
