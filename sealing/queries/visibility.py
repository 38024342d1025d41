"""Which seals somebody sees, which they may manage, and how a list of them is narrowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext as _

from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from sealing.gateways.encrypted import reference_index, search_digests
from sealing.models import Document, Seal, SealArchiving, SealLabel, SealShare

PROGRAMS = "programs"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list shows. Empty fields do not narrow it.

    `search` are words, or their beginnings, of document names and the reference; `reference` is exact; `label` an id.
    `shared` is `with_me` or `by_me`; `member` a membership's id, or `programs` for what API tokens had made. Times
    are of acceptance, `from` inclusive, `before` and `after` exclusive. `deleted`: only what was deleted, for who sees
    everything.
    """

    search: str = ""
    status: str = ""
    reference: str = ""
    label: str = ""
    shared: str = ""
    member: str = ""
    accepted_from: datetime | None = None
    accepted_before: datetime | None = None
    accepted_after: datetime | None = None
    deleted: bool = False
    ids: tuple[str, ...] | None = None


def visible(actor: Actor, *, ordered: bool = False) -> QuerySet[Seal]:
    """The seals that the actor sees: all with `seal.read_all`, else their own and those shared with them.

    `ordered`: it answers the actor's own order, for which `seal.create` is enough. Raises `Forbidden`.
    """
    actor.require("seal.create" if ordered else "seal.read")
    under_way = SealArchiving.objects.filter(seal=OuterRef("pk"), ended_at=None)
    seals = Seal.objects.defer("evidence", "encrypted_appearance").annotate(archiving=Exists(under_way))
    if not actor.live:
        seals = seals.filter(live=False)
    if actor.only is not None:
        seals = seals.filter(id__in=actor.only)
    return seals if actor.may("seal.read_all") else seals.filter(Q(requested_by=actor.id) | _shared_with(actor))


def manageable(actor: Actor) -> QuerySet[Seal]:
    """The seals whose documents the actor may label, share and delete: their own, all with `seal.manage_all`.

    Raises `Forbidden` without `seal.create`.
    """
    actor.require("seal.create")
    seals = Seal.objects.all() if actor.live else Seal.objects.filter(live=False)
    return seals if actor.may("seal.manage_all") else seals.filter(requested_by=actor.id)


def held_for_change(actor: Actor, seal_id: str) -> Seal:
    """The seal, locked until the caller's transaction ends.

    Raises `NotFound` for what the actor does not see, and `Forbidden` for what they see but may not manage.
    """
    found = manageable(actor).select_for_update().filter(id=seal_id).first()
    if found is not None:
        return found
    if actor.may("seal.read") and visible(actor).filter(id=seal_id).exists():
        raise Forbidden(_("Only who had it sealed, or an administrator, can do this."))
    raise NotFound


def selected(actor: Actor, selection: Selection) -> QuerySet[Seal]:
    """The seals of a selection that the actor sees, newest first."""
    rows = visible(actor).filter(deleted_at__isnull=not (selection.deleted and actor.may("seal.read_all")))
    exactly = {
        "status": selection.status,
        "reference_index": reference_index(actor.customer, selection.reference),
        "accepted_at__gte": selection.accepted_from,
        "accepted_at__lt": selection.accepted_before,
        "accepted_at__gt": selection.accepted_after,
    }
    rows = rows.filter(**{name: value for name, value in exactly.items() if value})
    if selection.ids is not None:
        rows = rows.filter(id__in=selection.ids)
    if selection.label:
        rows = rows.filter(id__in=SealLabel.objects.filter(label_id=selection.label).values("seal_id"))
    if selection.member:
        rows = rows.filter(_by(selection.member))
    if selection.shared:
        rows = rows.filter(_shared_with(actor) if selection.shared == "with_me" else _shared_by(actor))
    return _found(actor, rows, selection.search).order_by("-id")


def _found(actor: Actor, rows: QuerySet[Seal], search: str) -> QuerySet[Seal]:
    if not search.strip():
        return rows
    digests = search_digests(actor.customer, search)
    if not digests:
        return rows.none()
    wanted = [Value(digest, BigIntegerField()) for digest in digests]  # else they are sent as 32 bits, and cut
    return rows.filter(id__in=Document.objects.filter(search_index__contains=wanted).values("seal_id"))


def _by(member: str) -> Q:
    return Q(requested_by__startswith="tok_") if member == PROGRAMS else Q(requested_by=member)


def _shared_with(actor: Actor) -> Q:
    return Q(id__in=SealShare.objects.filter(member_id=actor.id).values("seal_id"))


def _shared_by(actor: Actor) -> Q:
    return Q(id__in=SealShare.objects.filter(shared_by=actor.id).values("seal_id"))
