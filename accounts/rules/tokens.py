"""The shape of an API token: `sp_live_<id>_<secret><checksum>`, recognisable by secret scanners without asking us."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 10, 43, 6
ID_BITS, SECRET_BITS = 59, 256  # the most that fit into these lengths
LONGEST_OVERLAP_DAYS = 7
REMINDER_DAYS = (14, 1)
MOST_NETWORKS = 20
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


def with_secret(*, live: bool, public_id: str, number: int) -> tuple[str, str]:
    """The token of a known id with another secret, made of a random number of `SECRET_BITS`; and the secret."""
    secret = base62(number, SECRET_LENGTH)
    stem = f"sp_{'live' if live else 'test'}_{public_id}_{secret}"
    return stem + checksum(stem), secret


def take_apart(token: str) -> TokenParts | None:
    """The parts of a token, or None for what cannot be one."""
    match = _SHAPE.fullmatch(token)
    if match is None or checksum(token[:-CHECKSUM_LENGTH]) != match[4]:
        return None
    return TokenParts(match[1] == "live", match[2], match[3])


def network_named(text: str) -> str | None:
    """A network in CIDR notation (RFC 4632), or a single address, as it is kept; None for anything else."""
    try:
        return str(ip_network(text.strip()))
    except ValueError:
        return None


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether an address may use a token of these networks; no networks let everybody. IPv4 in IPv6 counts as IPv4."""
    allowed = [ip_network(network) for network in networks]
    if not allowed:
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in allowed)


def reminder_due(expires_at: datetime, *, reminded: int | None, now: datetime) -> int | None:
    """How many days before its end there is to be told of now; None when that was done, or is not due yet."""
    due = [days for days in REMINDER_DAYS if expires_at - now <= timedelta(days=days)]
    if not due or expires_at <= now or (reminded is not None and reminded <= due[-1]):
        return None
    return due[-1]
