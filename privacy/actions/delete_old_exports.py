"""Deletes copies of somebody's data whose days are over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit, vault
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.models import RightsExport


def delete_old_exports(*, now: datetime) -> int:
    """How many were deleted: those whose `delete_on` has come (rule `rights_export`, D1). Safe to run twice at once.

    The file goes before its row, so that whatever dies in between, a row still knows of the file that is left. Must not
    run inside a transaction. Raises `StorageAway`, to be tried again.
    """
    actor, gone = Actor.system("privacy.delete_old_exports"), 0
    due = RightsExport.objects.filter(delete_on__lte=legal_date(now)).order_by("delete_on", "id")
    for row in list(due.only("id", "request_id", "object_name", "downloads")):
        vault.delete_object(row.object_name)
        with transaction.atomic():
            if RightsExport.objects.filter(pk=row.pk).delete()[0]:
                facts = {"export": row.id, "downloads": row.downloads}
                audit.record(
                    actor=actor, action="rights_export.deleted", now=now, subject=row.request_id, details=facts
                )
                gone += 1
    return gone
