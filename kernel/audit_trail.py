"""Reading the chains of the audit trail: entries with their places, ends, cuts, and the checkpoints' words on them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from kernel.audit_periods import Retention
from kernel.models import AuditChain, AuditCheckpointHead, AuditCut, AuditEntry

Entry = AuditEntry

KINDS = {"member": ("member", "person"), "token": ("token",), "staff": ("staff",), "system": ("system",)}
"""Kinds of actors that can be asked for; a person without membership is asked for with the members."""

_NUMBER = re.compile(r"\d{1,18}")
# Link and entry lie in partitions of the same bounds: with all three equal, one of each is looked into.
_SELECT = """
    SELECT l.seq, l.hash, e.id, e.retention, e.at, e.customer_id, e.actor_kind, e.actor_id, e.action, e.subject,
           e.request_id, e.payload, e.content_hash
      FROM kernel_auditlink l
      JOIN kernel_auditentry e ON e.id = l.entry_id AND e.retention = l.retention AND e.at = l.at
     WHERE l.chain = %(chain)s
"""
_FIELDS = (
    "id",
    "retention",
    "at",
    "customer_id",
    "actor_kind",
    "actor_id",
    "action",
    "subject",
    "request_id",
    "payload",
    "content_hash",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `who` is one of `KINDS` or an actor's id; `since` and `until` bound the moment, the latter
    exclusively; `nouns` are the first words of actions; `named` is an id in any place, an action, or a number.
    """

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    nouns: tuple[str, ...] = ()
    subject: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """An entry with its number in its chain and the hash there."""

    number: int
    hash: bytes
    entry: AuditEntry


def linked_entries(chain: str, asked: Asked, *, before: int | None, limit: int) -> list[Linked]:
    """Entries of a chain that are asked for, newest first, of those with numbers below `before`."""
    conditions, values = _conditions(asked)
    if before is not None:
        conditions.append("l.seq < %(before)s")
    statement = " AND ".join([_SELECT, *conditions]) + " ORDER BY l.seq DESC LIMIT %(limit)s"
    with connection.cursor() as cursor:
        cursor.execute(statement, {"chain": chain, "before": before, "limit": limit, **values})
        return [
            Linked(seq, bytes(digest), AuditEntry(**dict(zip(_FIELDS, columns, strict=True))))
            for seq, digest, *columns in cursor.fetchall()
        ]


def _conditions(asked: Asked) -> tuple[list[str], dict[str, Any]]:
    by_number = _NUMBER.fullmatch(asked.named)
    wanted = {
        "l.at >= %(since)s": asked.since,
        "l.at < %(until)s": asked.until,
        "e.actor_kind = ANY(%(kinds)s)": asked.who in KINDS,
        "e.actor_id = %(who)s": asked.who and asked.who not in KINDS,
        "split_part(e.action, '.', 1) = ANY(%(nouns)s)": asked.nouns,
        "e.subject = %(subject)s": asked.subject,
        "l.seq = %(number)s": by_number,
        "%(named)s IN (e.subject, e.actor_id, e.request_id, e.action)": asked.named and not by_number,
    }
    return [condition for condition, given in wanted.items() if given], {
        "since": asked.since,
        "until": asked.until,
        "kinds": list(KINDS.get(asked.who, ())),
        "who": asked.who,
        "nouns": list(asked.nouns),
        "subject": asked.subject,
        "named": asked.named,
        "number": int(asked.named) if by_number else None,
    }


def entries_by_or_about(
    actors: Collection[str], subjects: Mapping[str, Collection[str]], *, after: int, limit: int
) -> list[AuditEntry]:
    """Entries of all chains by one of `actors`, or whose subject is one of `subjects`, by the beginning of the action
    for which an id means that (`person.`; empty for all), in order of their ids from `after` on.

    Reads the whole trail: for jobs, not for pages.
    """
    wanted = Q(actor_id__in=actors)
    for beginning, ids in subjects.items():
        wanted |= Q(subject__in=ids, action__startswith=beginning)
    return list(AuditEntry.objects.filter(wanted, id__gt=after).order_by("id")[:limit])


def classes_of(customer_id: str, *, since: datetime | None = None, until: datetime | None = None) -> list[Retention]:
    """In which classes the customer's entries are kept, shortest first; of all, or of a span without its end (UTC)."""
    found = AuditEntry.objects.filter(customer_id=customer_id)
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    there = set(found.values_list("retention", flat=True).distinct())
    return [each for each in Retention if each.value in there]


def end_of(chain: str) -> tuple[int, bytes]:
    """The number and hash of a chain's last entry; 0 without any."""
    found = AuditChain.objects.filter(chain=chain).first()
    return (found.seq, bytes(found.hash)) if found else (0, b"")


def cuts_of(chain: str) -> list[AuditCut]:
    """What was dropped of a chain because its time was over, in order."""
    return list(AuditCut.objects.filter(chain=chain).order_by("first_seq"))


def signed_ends_of(chain: str) -> Iterator[AuditCheckpointHead]:
    """What each checkpoint says of a chain, with the checkpoint, in order."""
    heads = AuditCheckpointHead.objects.filter(chain=chain).select_related("checkpoint")
    return heads.order_by("checkpoint_id").iterator(chunk_size=500)
