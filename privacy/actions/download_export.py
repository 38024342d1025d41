"""Hands out the copy of somebody's data to whoever has its link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.queries import secret_hash
from kernel import audit, vault
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import NotFound
from kernel.reading import OPERATOR
from privacy.models import RightsExport
from privacy.rules.exports import is_offered


@dataclass(frozen=True, slots=True)
class Download:
    """The file's name, its size in bytes, and its content in parts."""

    name: str
    size: int
    parts: Iterator[bytes]


def download_export(*, actor: Actor, secret: str, now: datetime) -> Download:
    """The ZIP, counted and on record before its first byte leaves. It can be fetched more than once, until it goes.

    Raises `NotFound` for a link that is unknown or over, without saying which, and an outage without HSM or storage.
    """
    vault.have_key_at_hand(OPERATOR)
    with transaction.atomic():
        row = RightsExport.objects.select_for_update().filter(secret_hash=secret_hash(secret)).first()
        if row is None or not is_offered(row.delete_on, today=legal_date(now)):
            raise NotFound
        RightsExport.objects.filter(pk=row.pk).update(downloads=F("downloads") + 1, downloaded_at=now)
        facts = {"export": row.id, "number": row.downloads + 1}
        audit.record(actor=actor, action="rights_export.downloaded", now=now, subject=row.request_id, details=facts)
    return Download(f"my-data-{row.made_on}.zip", row.size, vault.read_object(OPERATOR, row.object_name))
