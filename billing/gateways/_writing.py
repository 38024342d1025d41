"""Numbers and words as XML can hold them."""

import re
from decimal import Decimal

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(value: Decimal) -> str:
    """Without exponent and needless zeros: 0.25, 12, 0.047500 as 0.0475."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def legible(value: object) -> str:
    """The text without the control characters that no XML document can hold."""
    return _NOT_XML.sub("", str(value))
