"""What may stand as somebody's name: it is printed in mails to strangers, where it must not be able to lure."""

from __future__ import annotations

import re

_LINK = re.compile(r"://|www\.|[\w-]+\.(?:com|net|org|info|io|ru|xyz)/", re.IGNORECASE)


def is_plain_name(name: str) -> bool:
    """Whether `name` is one printable line without a web address."""
    return bool(name.strip()) and name.isprintable() and not _LINK.search(name)
