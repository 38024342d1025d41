"""How a mail that came back tells which delivery it was: by an id that only the mail itself has carried."""

from __future__ import annotations

import re

_DELIVERY = re.compile(r"ndl_[0-9a-hjkmnp-tv-z]{26}")


def return_path(address: str, delivery_id: str) -> str:
    """The address to which one delivery's mail comes back: `bounces+<id>@host` (VERP); empty without `address`."""
    mailbox, at, host = address.rpartition("@")
    return f"{mailbox}+{delivery_id}@{host}" if at else ""


def delivery_in(text: str) -> str | None:
    """The first delivery's id in a return path, a Message-ID or other headers."""
    found = _DELIVERY.search(text)
    return found and found[0]


def is_final(action: str, status: str) -> bool:
    """Whether a report says that the mail will never arrive: failed with a permanent status (RFC 3464, RFC 3463)."""
    return action.strip().lower() == "failed" and status.strip().startswith("5.")
