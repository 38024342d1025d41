"""The labels of a customer, which all its members know."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from kernel.actor import Actor
from kernel.errors import NotFound, Outage
from sealing.gateways.encrypted import name_of_label
from sealing.models import Label


@dataclass(frozen=True, slots=True)
class LabelView:
    """A label, and on how many of the customer's documents it is (None where nobody asked)."""

    id: str
    name: str
    documents: int | None = None


def labels_of(actor: Actor, *, counted: bool = False) -> list[LabelView]:
    """The customer's labels by name. Raises `Forbidden` without `seal.read`."""
    actor.require("seal.read")
    labels = Label.objects.all()
    if counted:
        labels = labels.annotate(documents=Count("labellings", filter=Q(labellings__seal__deleted_at=None)))
    found = [LabelView(row.id, _name(actor, row), getattr(row, "documents", None)) for row in labels]
    return sorted(found, key=lambda label: label.name.casefold())


def label_of(actor: Actor, label_id: str) -> LabelView:
    """One label; for whoever made it, `seal.create` is enough. Raises `NotFound`."""
    row = Label.objects.filter(id=label_id).first()
    if row is None:
        raise NotFound
    return LabelView(row.id, _name(actor, row))


def _name(actor: Actor, row: Label) -> str:
    try:
        return name_of_label(actor.customer, row)
    except Outage:
        return row.id
