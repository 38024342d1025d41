"""Which addresses a webhook may have, before anything is resolved: the first half of the guard against forged requests.

What the name leads to is looked at with every delivery, by the gateway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import idna

MAX_LENGTH = 2000
PORTS = {443, 8443}
LOOPBACK = {"127.0.0.1", "localhost"}
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
# RFC 6761, RFC 6762, RFC 7686, RFC 8375, and ICANN's reservation of 2024: names that lead nowhere public.
_PRIVATE_ZONES = {
    "localhost",
    "local",
    "internal",
    "onion",
    "invalid",
    "test",
    "example",
    "arpa",
    "alt",
    "lan",
    "home",
    "corp",
}
_HARMLESS = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: the name as DNS has it, and what is asked for there. `secure` is HTTPS."""

    host: str
    port: int
    path: str
    secure: bool

    @property
    def authority(self) -> str:
        usual = 443 if self.secure else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


class UnfitAddress(ValueError):
    """`reason` is one of malformed, not_https, userinfo, port, not_a_name, private_name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def target_of(url: str, *, loopback: bool = False) -> Target:
    """Take an address apart; raises UnfitAddress. `loopback` lets pass one's own machine, for development.

    Only names are let pass: every number that some resolver reads as an address (127.1, 0x7f000001, 2130706433, full
    width digits) has a last label that no name can have.
    """
    if len(url) > MAX_LENGTH or "\\" in url or any(ord(each) <= 0x20 or ord(each) == 0x7F for each in url):
        raise UnfitAddress("malformed")
    try:
        parts, port = _split(url)
    except ValueError as error:
        raise UnfitAddress("malformed") from error
    if "@" in parts.netloc:
        raise UnfitAddress("userinfo")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.fragment or not _HARMLESS.fullmatch(path):
        raise UnfitAddress("malformed")
    secure = parts.scheme == "https"
    if loopback and parts.hostname in LOOPBACK and parts.scheme in {"http", "https"}:
        return Target(parts.hostname or "", port or (443 if secure else 80), path, secure)
    if not secure:
        raise UnfitAddress("not_https")
    if port is not None and port not in PORTS:
        raise UnfitAddress("port")
    return Target(_name(parts.hostname or ""), port or 443, path, secure)


def _split(url: str) -> tuple[SplitResult, int | None]:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    return parts, parts.port


def _name(host: str) -> str:
    if ":" in host or "%" in host:
        raise UnfitAddress("not_a_name")
    try:
        name = idna.encode(host, uts46=True).decode().lower().removesuffix(".")
    except (idna.IDNAError, UnicodeError) as error:
        raise UnfitAddress("not_a_name") from error
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UnfitAddress("private_name" if name in _PRIVATE_ZONES else "not_a_name")
    if not _LAST_LABEL.fullmatch(labels[-1]):
        raise UnfitAddress("not_a_name")
    if labels[-1] in _PRIVATE_ZONES:
        raise UnfitAddress("private_name")
    return name
