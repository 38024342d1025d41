"""Deletes copies of somebody's data whose days are over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from kernel import vault
from privacy.models import RightsExport


def delete_old_exports(
    *, made_before: date, limit: int, people: Collection[str] = (), subjects: Collection[str] = ()
) -> int:
    """How many were deleted, `limit` at most: those made before a legal day (rule `rights_export`, D1).

    Nothing of the people (ids of accounts) and subjects (ids of copies and requests) given. The file goes before its
    row, so that whatever dies in between, a row still knows of the file that is left. Safe to run twice at once. Must
    not run inside a transaction. Raises `StorageAway`, to be tried again.
    """
    due = RightsExport.objects.filter(made_on__lt=made_before).order_by("made_on", "id")
    kept = due.filter(person_id__in=[int(each) for each in people if each.isdecimal()]).values("id")
    due = due.exclude(id__in=kept).exclude(id__in=subjects).exclude(request_id__in=subjects)
    gone = 0
    for row in list(due.only("id", "object_name")[:limit]):
        vault.delete_object(row.object_name)
        gone += bool(RightsExport.objects.filter(pk=row.pk).delete()[0])
    return gone
