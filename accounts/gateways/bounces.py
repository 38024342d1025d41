"""Reports about mail that could not be delivered (RFC 3464), as they lie in a mailbox."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from accounts.rules.bounces import delivery_in, is_final

_MAX_BYTES = 1024 * 1024
_ABOUT = ("Message-ID", "Return-Path", "In-Reply-To", "References")
_ADDRESSED = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(frozen=True, slots=True)
class Bounce:
    """Which delivery will never arrive, and what the last server said."""

    delivery_id: str
    answer: str


def read_bounce(raw: bytes) -> Bounce | None:
    """What a message says of one of our deliveries; None when it is no report, or not of a final failure.

    The delivery is known by its id in the return path or in the headers of the mail that came back, never by the
    address alone: whoever knows an address could write such a report.
    """
    report = email.message_from_bytes(raw[:_MAX_BYTES], policy=email.policy.compat32)
    if report.get_content_type() != "multipart/report":
        return None
    parts = list(report.walk())
    failure = next((each for part in parts for each in _failures(part)), None)
    delivery_id = delivery_in(_headers(report, _ADDRESSED)) or next(filter(None, map(_original, parts)), None)
    if failure is None or delivery_id is None:
        return None
    said = f"{failure.get('Status', '')} {str(failure.get('Diagnostic-Code', '')).partition(';')[2]}"
    answer = "".join(letter if letter.isprintable() else " " for letter in said)
    return Bounce(delivery_id, " ".join(answer.split())[:300])


def _failures(part: Message) -> Iterator[Message]:
    """The groups of fields, one a recipient, that tell of a final failure."""
    if part.get_content_type() != "message/delivery-status":
        return
    groups = part.get_payload()
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, Message) and is_final(str(group.get("Action", "")), str(group.get("Status", ""))):
            yield group


def _original(part: Message) -> str | None:
    """The delivery's id in the mail that came back, or in its headers."""
    if part.get_content_type() == "text/rfc822-headers":
        text = part.get_payload(decode=True)
        return delivery_in(text.decode("utf-8", "replace")) if isinstance(text, bytes) else None
    if part.get_content_type() == "message/rfc822":
        inside = part.get_payload()
        return next((delivery_in(_headers(each, _ABOUT)) for each in inside if isinstance(each, Message)), None)
    return None


def _headers(message: Message, names: tuple[str, ...]) -> str:
    return "\n".join(str(value) for name in names for value in message.get_all(name, ()))


def reports_in(maildir: Path) -> Iterator[tuple[Path, bytes]]:
    """The new messages of a maildir, in order of their names, each read up to a megabyte."""
    for path in sorted((maildir / "new").iterdir()) if (maildir / "new").is_dir() else ():
        with suppress(FileNotFoundError), path.open("rb") as file:  # somebody else was quicker
            yield path, file.read(_MAX_BYTES)


def file_report(path: Path, *, recorded: bool) -> None:
    """Remove a message that was recorded, because it is full of addresses; keep another as seen, for people."""
    with suppress(FileNotFoundError):
        if recorded:
            path.unlink()
        else:
            (path.parent.parent / "cur").mkdir(exist_ok=True)
            path.rename(path.parent.parent / "cur" / f"{path.name}:2,S")
