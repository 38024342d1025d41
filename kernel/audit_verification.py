"""Recomputes the audit trail: every entry, every link, every end of a chain, and what checkpoints said of them.

Rows are streamed, so that a trail of any length is verified in little memory. Faults are told by chain and number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection

from kernel.audit_chain import BEGINNING, PLATFORM, Metadata, content_hash, link_hash
from kernel.audit_periods import PERIODS

_CHUNK = 2_000

_CHAINS = """
    SELECT chain FROM kernel_auditchain UNION SELECT chain FROM kernel_auditlink
    UNION SELECT coalesce(customer_id, 'platform') FROM kernel_auditentry
    UNION SELECT chain FROM kernel_auditcheckpointhead ORDER BY 1
"""
_LINKS = """
    SELECT l.seq, l.hash, l.entry_id, e.id, e.retention,
           to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.customer_id, e.actor_kind, e.actor_id,
           e.action, e.subject, e.request_id, coalesce(e.payload, ''), coalesce(e.content_hash, '')
      FROM kernel_auditlink l
      LEFT JOIN kernel_auditentry e ON e.id = l.entry_id AND e.retention = l.retention AND e.at = l.at
     WHERE l.chain = %s ORDER BY l.seq, l.entry_id
"""
_UNLINKED = """
    SELECT e.id FROM kernel_auditentry e WHERE e.customer_id IS NOT DISTINCT FROM %(customer)s AND NOT EXISTS (
        SELECT FROM kernel_auditlink l WHERE l.chain = %(chain)s AND l.entry_id = e.id AND l.retention = e.retention
           AND l.at = e.at) ORDER BY e.id LIMIT 20
"""
_LINKED_TWICE = """
    SELECT entry_id, max(seq) FROM kernel_auditlink WHERE chain = %s GROUP BY entry_id HAVING count(*) > 1 LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong. `fault` is one word: changed, removed, reordered, truncated, forked, head, cut, rewritten,
    checkpoint.
    """

    chain: str
    seq: int | None
    fault: str
    detail: str

    def __str__(self) -> str:
        place = f"{self.chain}, entry {self.seq}" if self.seq is not None else self.chain
        return f"{place}: {self.fault}: {self.detail}"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """What a verified checkpoint says of a chain's end at its time."""

    checkpoint: int
    made_at: datetime
    seq: int
    hash: bytes


@dataclass(slots=True)
class _Walk:
    """How far a chain was followed."""

    chain: str
    seq: int = 0
    hash: bytes = BEGINNING
    findings: list[Finding] = field(default_factory=list)

    def found(self, seq: int | None, fault: str, detail: str) -> None:
        self.findings.append(Finding(self.chain, seq, fault, detail))


def chains() -> list[str]:
    """All chains of which anything is known, those of which only a checkpoint knows too."""
    with connection.cursor() as cursor:
        cursor.execute(_CHAINS)
        return [row[0] for row in cursor.fetchall()]


@cache
def periods() -> dict[str, timedelta]:
    """How long each class of entries is kept, at least; months count as 30 days. What the database has written down is
    not asked: who shortens a period there could drop what they like.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM unnest(%s::text[], %s::interval[])", [list(PERIODS), list(PERIODS.values())])
        return dict(cursor.fetchall())


def verify_chain(chain: str, signed: list[SignedHead], *, now: datetime) -> list[Finding]:
    """Everything that is wrong with one chain. `signed` are the verified checkpoints' words on it, by number."""
    walk, cuts = _Walk(chain), _cuts(chain)
    words = _Words(signed, walk)
    for number, digest, entry_id, *entry in _rows(_LINKS, [chain]):
        seq, link = int(number), bytes(digest)
        _jump_over_cuts(walk, cuts, words, now)
        if seq <= walk.seq:
            walk.found(seq, "forked", f"the number was given twice, also to entry {entry_id}")
            continue
        if seq > walk.seq + 1:
            walk.found(walk.seq + 1, "removed", f"numbers {walk.seq + 1} to {seq - 1} are missing")
            _take(walk, seq, link, entry, follows=False)
        else:
            _take(walk, seq, link, entry, follows=True)
        words.compare()
    _jump_over_cuts(walk, cuts, words, now)
    words.compare_rest()
    _compare_head(walk)
    _find_strays(walk)
    return walk.findings


def _take(walk: _Walk, seq: int, link: bytes, entry: list[Any], *, follows: bool) -> None:
    """Go on by one link; it is compared with what it must be, and then believed, so that one fault is told once."""
    if entry[0] is None:
        walk.found(seq, "removed", "the link is there, its entry is not")
    else:
        content, kept = _recomputed(entry), bytes(entry[-1])
        if content != kept or (entry[3] or PLATFORM) != walk.chain:
            walk.found(seq, "changed", f"entry {entry[0]} is not what was written")
        elif follows and link_hash(walk.hash, seq, content) != link:
            walk.found(seq, "reordered", f"entry {entry[0]} does not follow what stands before it")
    walk.seq, walk.hash = seq, link


def _recomputed(entry: list[Any]) -> bytes:
    _id, retention, at, *rest, payload, _kept = entry
    return content_hash(Metadata(retention, at, *rest).encoded(), bytes(payload))


class _Words:
    """What checkpoints said, compared as the walk passes."""

    def __init__(self, signed: list[SignedHead], walk: _Walk) -> None:
        self.signed, self._walk, self._next = sorted(signed, key=lambda each: each.seq), walk, 0

    def compare(self) -> None:
        while self._next < len(self.signed) and self.signed[self._next].seq <= self._walk.seq:
            said = self.signed[self._next]
            self._next += 1
            if said.seq == self._walk.seq and said.hash != self._walk.hash:
                self._walk.found(said.seq, "rewritten", f"checkpoint {said.checkpoint} signed another history")

    def compare_rest(self) -> None:
        self.compare()
        if rest := self.signed[self._next :]:
            until = f"checkpoint {rest[-1].checkpoint} saw number {rest[-1].seq}"
            self._walk.found(self._walk.seq + 1, "truncated", f"the chain ends here, but {until}")

    def covers(self, seq: int, before: datetime) -> bool:
        return any(each.seq >= seq and each.made_at <= before for each in self.signed)


def _cuts(chain: str) -> dict[int, tuple[int, bytes, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT first_seq, last_seq, hash, retention FROM kernel_auditcut WHERE chain = %s", [chain])
        return {first: (last, bytes(digest), retention) for first, last, digest, retention in cursor.fetchall()}


def _jump_over_cuts(walk: _Walk, cuts: Mapping[int, tuple[int, bytes, str]], words: _Words, now: datetime) -> None:
    """A cut is only believed if a checkpoint proves that what was dropped was old enough to be."""
    while (cut := cuts.get(walk.seq + 1)) is not None:
        last, digest, retention = cut
        if last <= walk.seq:
            walk.found(walk.seq + 1, "cut", f"it leads back to number {last}")
            return
        period = periods().get(retention)
        if period is None or not words.covers(last, now - period):
            walk.found(walk.seq + 1, "cut", f"numbers up to {last} were dropped before their time was over")
        walk.seq, walk.hash = last, digest
        words.compare()


def _compare_head(walk: _Walk) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash FROM kernel_auditchain WHERE chain = %s", [walk.chain])
        head = cursor.fetchone()
    if head is None:
        if walk.seq:
            walk.found(None, "head", "the end of the chain is not written down")
    elif head[0] > walk.seq:
        walk.found(walk.seq + 1, "truncated", f"the chain ends here, but its end is number {head[0]}")
    elif (head[0], bytes(head[1])) != (walk.seq, walk.hash):
        walk.found(head[0], "head", "the end that is written down is another one")


def _find_strays(walk: _Walk) -> None:
    customer = None if walk.chain == PLATFORM else walk.chain
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED, {"customer": customer, "chain": walk.chain})
        for (entry_id,) in cursor.fetchall():
            walk.found(None, "forked", f"entry {entry_id} stands beside the chain")
        cursor.execute(_LINKED_TWICE, [walk.chain])
        for entry_id, seq in cursor.fetchall():
            walk.found(seq, "forked", f"entry {entry_id} stands in the chain twice")


def _rows(statement: str, parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement from a cursor of the server; needs a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters)
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def verify_all(signed: Mapping[str, list[SignedHead]], *, now: datetime) -> Iterator[tuple[str, list[Finding]]]:
    """Every chain with what is wrong with it. Must run inside a transaction, best with one snapshot.

    `signed` are the verified checkpoints' words by chain; of a chain that somebody removed only they may know.
    """
    for chain in sorted({*chains(), *signed}):
        yield chain, verify_chain(chain, signed.get(chain, []), now=now)
