"""Renews the list of the lists, and has each list that it points to renewed by a job of its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from kernel import jobs
from trust.actions.keep_trusted_list import keep_trusted_list
from trust.actions.note_list_trouble import note_list_trouble
from trust.gateways.chains import certificates_in
from trust.gateways.trusted_lists import (
    ListAway,
    ListPointer,
    ListUnusable,
    SignedList,
    fetch_list,
    pivots,
    pointers,
    read_list,
)
from trust.models import TrustedList
from trust.rules.trusted_lists import LIST_OF_LISTS, ListFault, refresh_is_due

_MOST_PIVOTS = 20


def refresh_trusted_lists(*, now: datetime, only_due: bool = False) -> None:
    """Fetch the list of the lists from TRUSTED_LISTS_URL and queue the renewal of each list that it points to.

    With `only_due` those that were renewed lately are left alone. When the list of the lists cannot be had, the lists
    that are known are renewed all the same. Does nothing without TRUSTED_LISTS_URL.
    """
    if not settings.TRUSTED_LISTS_URL:
        return
    _begin()
    if LIST_OF_LISTS in _wanted(only_due, now):
        _renew_list_of_lists(now)
    with transaction.atomic():
        for territory in _wanted(only_due, now) - {LIST_OF_LISTS}:
            jobs.enqueue(
                "trust.refresh_trusted_list",
                now=now,
                key=f"trust.refresh_trusted_list:{territory}:{now:%Y%m%d%H%M}",
                payload={"territory": territory},
            )


def _wanted(only_due: bool, now: datetime) -> set[str]:
    return {
        row.territory
        for row in TrustedList.objects.filter(pointed_at=True).only("territory", "checked_at", "last_error_at")
        if not only_due or refresh_is_due(checked_at=row.checked_at, last_error_at=row.last_error_at, now=now)
    }


def _renew_list_of_lists(now: datetime) -> None:
    try:
        content = fetch_list(settings.TRUSTED_LISTS_URL)
        signers = _pinned()
        kept = keep_trusted_list(territory=LIST_OF_LISTS, content=content, signers=signers, now=now)
        if kept is ListFault.SIGNATURE and (handed_on := _handed_on(content, signers)):
            kept = keep_trusted_list(territory=LIST_OF_LISTS, content=content, signers=handed_on, now=now)
        if isinstance(kept, SignedList):
            _point(kept, pointers(kept.signed))
    except (ListAway, ListUnusable, OSError) as error:
        note_list_trouble(territory=LIST_OF_LISTS, problem=str(error), now=now)


def _pinned() -> list[bytes]:
    """The certificates of TRUSTED_LISTS_SIGNERS."""
    return certificates_in(Path(settings.TRUSTED_LISTS_SIGNERS).read_bytes()) if settings.TRUSTED_LISTS_SIGNERS else []


def _begin() -> None:
    """The row of the list of the lists; lists of another address are of another world and are forgotten."""
    with transaction.atomic():
        TrustedList.objects.filter(territory=LIST_OF_LISTS).exclude(url=settings.TRUSTED_LISTS_URL).delete()
        _lists, begun = TrustedList.objects.get_or_create(
            territory=LIST_OF_LISTS, defaults={"url": settings.TRUSTED_LISTS_URL}
        )
        if begun:
            TrustedList.objects.exclude(territory=LIST_OF_LISTS).delete()


def _handed_on(content: bytes, signers: list[bytes]) -> list[bytes]:
    """Who may sign now, by the editions in which the signers were changed, each verified by those before it."""
    for url in pivots(content)[:_MOST_PIVOTS]:
        edition = read_list(fetch_list(url), signers=signers)
        if not edition.head.of_lists:
            return []
        signers = [der for one in pointers(edition.signed) if one.of_lists for der in one.signers]
    return signers


def _point(lists: SignedList, found: list[ListPointer]) -> None:
    targets = {one.territory: one for one in found if not one.of_lists}
    with transaction.atomic():
        TrustedList.objects.update(is_test=lists.is_test)
        TrustedList.objects.exclude(territory__in=[*targets, LIST_OF_LISTS]).update(pointed_at=False)
        for territory, one in targets.items():
            TrustedList.objects.update_or_create(
                territory=territory,
                defaults={
                    "url": one.url,
                    "signers": list(one.signers),
                    "pointed_at": True,
                    "is_test": lists.is_test,
                },
            )
