"""The shape of an API token: `sp_live_<id>_<secret><checksum>`, recognisable by secret scanners without asking us."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 10, 43, 6
ID_BITS, SECRET_BITS = 59, 256  # the most that fit into these lengths
_SHAPE = re.compile(
    rf"sp_(live|test)_([0-9A-Za-z]{{{ID_LENGTH}}})_([0-9A-Za-z]{{{SECRET_LENGTH}}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class TokenParts:
    """A token taken apart: mode, public id and secret."""

    live: bool
    public_id: str
    secret: str


def base62(number: int, length: int) -> str:
    """`number` in base 62, left-padded to `length` characters."""
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits = _ALPHABET[digit] + digits
    return digits


def checksum(stem: str) -> str:
    """CRC-32 of everything before it: tells a mistyped token from a wrong one, protects nothing."""
    return base62(zlib.crc32(stem.encode()), CHECKSUM_LENGTH)


def assemble(*, live: bool, id_number: int, secret_number: int) -> tuple[str, TokenParts]:
    """The token for two random numbers of `ID_BITS` and `SECRET_BITS`, whole and in parts."""
    parts = TokenParts(live, base62(id_number, ID_LENGTH), base62(secret_number, SECRET_LENGTH))
    stem = f"sp_{'live' if live else 'test'}_{parts.public_id}_{parts.secret}"
    return stem + checksum(stem), parts


def take_apart(token: str) -> TokenParts | None:
    """The parts of a token, or None for what cannot be one."""
    match = _SHAPE.fullmatch(token)
    if match is None or checksum(token[:-CHECKSUM_LENGTH]) != match[4]:
        return None
    return TokenParts(match[1] == "live", match[2], match[3])
