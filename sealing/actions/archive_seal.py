"""Orders another archive timestamp for a sealed file: renews level B-LTA, or raises a lower level to it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.actor import Actor
from kernel.errors import Refusal
from sealing.actions._archiving import order_archiving
from sealing.models import Seal
from sealing.queries import seals as queries
from sealing.queries.seals import DocumentDeleted, NotSealedYet
from sealing.rules.archiving import still_holds
from sealing.rules.seal_states import SealStatus


class CannotBeArchived(Refusal):
    """The seal is embedded by its owner, or was made over another digest than SHA-256."""

    code = "cannot_be_archived"
    title = _("This seal has no place for an archive timestamp.")


class ArchiveTimestampEnded(Refusal):
    """It came too late: nothing proves any more that the newest timestamp was good."""

    code = "archive_timestamp_ended"
    title = _("The certificate of the newest archive timestamp has ended, so that it cannot be succeeded any more.")


def archive_seal(*, actor: Actor, seal_id: str, now: datetime) -> None:
    """Queue one more archive timestamp for a seal (clause A3); while one is on its way, nothing more is queued.

    It is no transaction of clause A1 and costs nothing. Refusals: `Forbidden`, `NotFound`, `DocumentDeleted`,
    `NotSealedYet`, `CannotBeArchived`, `ArchiveTimestampEnded`.
    """
    seen = queries.seal(actor, seal_id, ordered=True)
    with transaction.atomic():
        seal = Seal.objects.select_for_update().get(id=seen.id)
        if seal.deleted_at is not None:
            raise DocumentDeleted
        if seal.status != SealStatus.SEALED:
            raise NotSealedYet
        if not seen.can_be_archived:
            raise CannotBeArchived
        if not still_holds(seal.archived_until, now=now):
            raise ArchiveTimestampEnded
        order_archiving(actor=actor, seal=seal, now=now)
