"""A list of people to invite, as spreadsheets write it: one line each with an e-mail address and a role (clause C2)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accounts.rules.permissions import Role

MAX_BYTES = 256 * 1024
MAX_LINES = 500
_DELIMITERS = (";", "\t", ",")
# As our languages head such a column, without accents and in lower case.
_EMAIL_HEADS = {"email", "e-mail", "e-mail address", "el. pastas", "el. pasto adresas", "e-pasts", "e-pasta adrese"} | {
    "e-post",
    "e-posti aadress",
    "meil",
}
_ROLE_HEADS = {"role", "vaidmuo", "loma", "roll"}
_ACCENTS = str.maketrans("ąčęėįšųūžāēģīķļņõäöü", "aceeisuuzaegiklnoaou")
_ADDRESS = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")


class Verdict(StrEnum):
    OK = "ok"
    BAD_ADDRESS = "bad_address"
    UNKNOWN_ROLE = "unknown_role"
    TWICE = "twice"
    ALREADY_MEMBER = "already_member"
    INVITED_ALREADY = "invited_already"
    OWNER_NEEDED = "owner_needed"
    DOMAIN_NOT_ALLOWED = "domain_not_allowed"
    OVER_THE_LIMIT = "over_the_limit"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list: its number in the file (from 1), the address in lower case, and the role or None with the
    text that stands for it.
    """

    number: int
    email: str
    role: Role | None
    role_text: str = ""


class ListUnreadable(Exception):
    """The file is no list: too large, too long, empty or not text."""


def text_of(content: bytes) -> str:
    """The text of a file in UTF-8 or, as older spreadsheets write in the Baltic states, Windows-1257.

    Raises `ListUnreadable` for more than 256 kB and for what is not text.
    """
    if len(content) > MAX_BYTES or b"\0" in content:
        raise ListUnreadable
    for encoding in ("utf-8-sig", "cp1257"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ListUnreadable


def read_list(content: bytes, role_words: Mapping[str, Role]) -> list[Line]:
    """The lines of a file; empty ones are left out, a heading in one of our languages may be there or not.

    `role_words` are names of roles in lower case. Without a heading the address comes first and the role second; a
    line without role is a member's. Raises `ListUnreadable`, also for none and for more than 500 lines.
    """
    text = text_of(content)
    rows = _rows(text)
    if not rows:
        raise ListUnreadable
    email_at, role_at, headed = _columns(rows[0][1])
    lines = [_line(number, cells, email_at, role_at, role_words) for number, cells in rows[headed:]]
    if not 0 < len(lines) <= MAX_LINES:
        raise ListUnreadable
    return lines


def looks_like_address(text: str) -> bool:
    """Whether something may be mailed to; the mail server has the last word."""
    return len(text) <= 254 and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _rows(text: str) -> list[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise ListUnreadable from error
    return [(number, cells) for number, cells in rows if any(cells)]


def _columns(cells: Sequence[str]) -> tuple[int, int, bool]:
    """Where address and role stand, and whether the line is a heading."""
    heads = [cell.lower().translate(_ACCENTS) for cell in cells]
    emails = [place for place, head in enumerate(heads) if head in _EMAIL_HEADS]
    roles = [place for place, head in enumerate(heads) if head in _ROLE_HEADS]
    if emails:
        return emails[0], roles[0] if roles else -1, True
    with_at = next((place for place, cell in enumerate(cells) if "@" in cell), 0)
    return with_at, with_at + 1, False


def _line(number: int, cells: Sequence[str], email_at: int, role_at: int, role_words: Mapping[str, Role]) -> Line:
    email = cells[email_at].lower() if email_at < len(cells) else ""
    text = cells[role_at] if 0 <= role_at < len(cells) else ""
    role = role_words.get(text.lower()) if text else Role.MEMBER
    return Line(number, email, role, text)
