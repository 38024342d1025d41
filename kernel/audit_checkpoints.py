"""Checkpoints of the audit trail as rows: what is about to be signed, what was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from kernel.models import AuditCheckpoint, AuditCheckpointHead

End = tuple[str, int, bytes]
"""A chain, the number of its last entry, and the hash there."""

_MOVED = """
    SELECT c.chain, c.seq, c.hash FROM kernel_auditchain c WHERE NOT EXISTS (SELECT FROM kernel_auditcheckpointhead h
        WHERE h.chain = c.chain AND h.seq = c.seq) ORDER BY c.chain
"""


def moved_ends() -> list[End]:
    """The ends of all chains that went on since a checkpoint saw them."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVED)
        return [(chain, seq, bytes(digest)) for chain, seq, digest in cursor.fetchall()]


def newest_first() -> Iterator[AuditCheckpoint]:
    """All checkpoints."""
    return AuditCheckpoint.objects.order_by("-number").iterator(chunk_size=100)


def in_order() -> Iterator[AuditCheckpoint]:
    """All checkpoints."""
    return AuditCheckpoint.objects.order_by("number").iterator(chunk_size=100)


def ends_in(checkpoint: AuditCheckpoint) -> list[tuple[End, list[str]]]:
    """The ends that a checkpoint holds, with their paths to its root."""
    heads = AuditCheckpointHead.objects.filter(checkpoint=checkpoint).order_by("chain")
    return [((head.chain, head.seq, bytes(head.hash)), head.path) for head in heads]


def keep_checkpoint(
    *, number: int, now: datetime, jws: str, timestamp: bytes, ends: Sequence[End], paths: Sequence[list[str]]
) -> bool:
    """Write a checkpoint with its ends; false when another process has written one of this number."""
    try:
        with transaction.atomic():
            made = AuditCheckpoint.objects.create(number=number, at=now, jws=jws, timestamp=timestamp)
            AuditCheckpointHead.objects.bulk_create(
                AuditCheckpointHead(checkpoint=made, chain=chain, seq=seq, hash=digest, path=path)
                for (chain, seq, digest), path in zip(ends, paths, strict=True)
            )
    except IntegrityError:
        return False
    return True
