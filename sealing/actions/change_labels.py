"""Puts labels on documents and takes them off."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit
from kernel.actor import Actor
from kernel.errors import FieldError, NotFound, Refusal
from sealing.models import Label, SealLabel
from sealing.queries.visibility import manageable

MOST_AT_ONCE = 500


class TooManyAtOnce(Refusal):
    code = "too_many_at_once"
    title = gettext_lazy("These are more documents than can be changed at once.")


def change_labels(
    *,
    actor: Actor,
    seal_ids: Collection[str],
    put_on: Collection[str] = (),
    take_off: Collection[str] | None = (),
    now: datetime,
) -> int:
    """Change the labels of one or several seals' documents, all or none of them; returns how many seals.

    `put_on` and `take_off` are ids of labels; `take_off=None` takes off all but `put_on`. Raises `Forbidden` without
    `seal.create`, `NotFound` when a label is unknown or the actor may not manage one of the documents, and
    `TooManyAtOnce`.
    """
    wanted = set(seal_ids)
    if len(wanted) > MOST_AT_ONCE:
        raise TooManyAtOnce(_("Choose at most %(limit)d documents.") % {"limit": MOST_AT_ONCE})
    with transaction.atomic():
        held = manageable(actor).filter(deleted_at=None, id__in=wanted).select_for_update().order_by("id")
        if set(held.values_list("id", flat=True)) != wanted:
            raise NotFound
        named = {*put_on, *(take_off or ())}
        known = set(Label.objects.values_list("id", flat=True))  # ids are any text, also what SQL cannot say
        if unknown := [number for number, label in enumerate(put_on) if label not in known]:
            detail = _("There is no label of this id.")
            raise NotFound(detail, errors=[FieldError(f"/labels/{number}", "not_found", detail) for number in unknown])
        if not named <= known:
            raise NotFound
        _take_off(wanted, put_on, take_off)
        SealLabel.objects.bulk_create(
            [SealLabel(seal_id=seal, label_id=label) for seal in sorted(wanted) for label in sorted(set(put_on))],
            ignore_conflicts=True,
        )
        audit.record(
            actor=actor,
            action="document.labelled",
            now=now,
            subject=next(iter(wanted)) if len(wanted) == 1 else "",
            details={
                "seals": sorted(wanted),
                "put_on": sorted(put_on),
                "taken_off": sorted(take_off) if take_off is not None else "all others",
            },
        )
    return len(wanted)


def _take_off(seal_ids: Collection[str], put_on: Collection[str], take_off: Collection[str] | None) -> None:
    labellings = SealLabel.objects.filter(seal_id__in=seal_ids)
    if take_off is None:
        labellings.exclude(label_id__in=put_on).delete()
    else:
        labellings.filter(label_id__in=take_off).delete()
