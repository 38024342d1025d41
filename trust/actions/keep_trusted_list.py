"""Keeps a trusted list that has just been fetched, if it is better than the one that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from trust.actions.note_list_trouble import note_list_trouble
from trust.gateways.trusted_lists import ListedEntry, ListUnusable, SignedList, read_list, services
from trust.models import TrustedEntry, TrustedList
from trust.rules.trusted_lists import LIST_OF_LISTS, ListFault, list_fault


def keep_trusted_list(
    *, territory: str, content: bytes, signers: Sequence[bytes], now: datetime
) -> SignedList | ListFault:
    """Verify `content` against the certificates (DER) that may sign it, and keep it with its services.

    Whatever is wrong with it is returned and noted, and the last good copy stays (`rules.trusted_lists.list_fault`).
    """
    kept = TrustedList.objects.get(territory=territory)
    edition = (kept.sequence_number, kept.issued_at) if kept.sequence_number is not None and kept.issued_at else None
    try:
        offered = read_list(content, signers=signers)
        if fault := list_fault(offered.head, territory=territory, kept=edition, now=now):
            raise ListUnusable(fault, _about(offered))
        found = list(services(offered.signed)) if territory != LIST_OF_LISTS else []
    except ListUnusable as error:
        note_list_trouble(territory=territory, problem=str(error), now=now)
        return error.fault
    with transaction.atomic():
        _replace(kept, content, offered, found, now)
    return offered


def _replace(
    kept: TrustedList, content: bytes, offered: SignedList, found: Sequence[ListedEntry], now: datetime
) -> None:
    row = TrustedList.objects.select_for_update().get(id=kept.id)
    if row.content is not None and bytes(row.content) == content:
        TrustedList.objects.filter(id=row.id).update(checked_at=now, last_error="", last_error_at=None)
        return
    if row.sequence_number != kept.sequence_number:
        return  # another worker has just kept a newer one
    row.content, row.checked_at, row.last_error, row.last_error_at = content, now, "", None
    row.version, row.sequence_number = offered.head.version, offered.head.sequence_number
    row.issued_at, row.next_update_at = offered.head.issued_at, offered.head.next_update_at
    row.save()
    TrustedEntry.objects.filter(trusted_list=row).delete()
    TrustedEntry.objects.bulk_create(
        [TrustedEntry(trusted_list=row, keys=list(one.keys), content=one.content) for one in found], batch_size=200
    )


def _about(offered: SignedList) -> str:
    head = offered.head
    return f"{head.territory} no. {head.sequence_number} of {head.issued_at:%Y-%m-%d}, version {head.version}"
