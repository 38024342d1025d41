"""How entries of the audit trail become a chain: what is hashed, and in which bytes (clause C3). Pure.

docs/recipes/verify_audit.py says the same in its own words, for who does not want to believe us.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

PLATFORM = "platform"
"""The chain of what is done for no customer."""

BEGINNING = bytes(32)
"""What the first entry of a chain follows."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What of an entry stays readable for ever: who, what, on what, when; ids only, no names."""

    retention: str
    at: str
    customer_id: str | None
    actor_kind: str
    actor_id: str
    action: str
    subject: str
    request_id: str

    def encoded(self) -> bytes:
        """Canonical JSON: the fields in order, UTF-8, no spaces. Also what the encrypted payload is bound to."""
        return canonical([1, *astuple(self)])


def canonical(value: object) -> bytes:
    """JSON in the one spelling that is hashed: sorted names, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def moment(at: datetime) -> str:
    """A moment as it is hashed: UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def content_hash(metadata: bytes, payload: bytes) -> bytes:
    """SHA-256 over the length of the metadata (4 bytes, big-endian), the metadata and the payload as it is stored."""
    return hashlib.sha256(len(metadata).to_bytes(4, "big") + metadata + payload).digest()


def link_hash(previous: bytes, seq: int, content: bytes) -> bytes:
    """The hash of a chain's entry number `seq`, which holds all entries before it. The database computes the same."""
    return hashlib.sha256(previous + seq.to_bytes(8, "big") + content).digest()


def head_leaf(chain: str, seq: int, head: bytes) -> bytes:
    """The leaf of a chain in a checkpoint's tree (RFC 6962, 2.1: leaves and nodes cannot be taken for each other)."""
    return hashlib.sha256(b"\x00" + canonical([chain, seq, head.hex()])).digest()


def tree(leaves: Sequence[bytes]) -> tuple[bytes, list[list[str]]]:
    """The root over the leaves, and for each its path to it: siblings from below, `L` or `R` and hexadecimal.

    A path says nothing of the other chains: their leaves hold a hash that nobody can guess.
    """
    paths: list[list[str]] = [[] for _leaf in leaves]
    level = [(leaf, [number]) for number, leaf in enumerate(leaves)]
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=False):
            for number in left[1]:
                paths[number].append("R" + right[0].hex())
            for number in right[1]:
                paths[number].append("L" + left[0].hex())
            above.append((_node(left[0], right[0]), left[1] + right[1]))
        level = above + ([level[-1]] if len(level) % 2 else [])
    return level[0][0], paths


def root_of(leaf: bytes, path: Sequence[str]) -> bytes:
    """The root to which a path leads from a leaf."""
    for step in path:
        sibling = bytes.fromhex(step[1:])
        leaf = _node(sibling, leaf) if step[0] == "L" else _node(leaf, sibling)
    return leaf


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
