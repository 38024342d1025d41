"""Gives a label another name."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit, vault
from kernel.actor import Actor
from kernel.errors import NotFound
from sealing.actions._labels import named
from sealing.gateways.encrypted import encrypt_label
from sealing.models import Label


def rename_label(*, actor: Actor, label_id: str, name: str, now: datetime) -> None:
    """Rename a label for all members.

    Raises `Forbidden` without `seal.manage_all`, `NotFound`, `InvalidInput` and `LabelExists`.
    """
    actor.require("seal.manage_all")
    vault.have_key_at_hand(actor.customer)
    with transaction.atomic():
        held = {label.id: label for label in Label.objects.select_for_update()}
        if label_id not in held:
            raise NotFound
        kept, index = named(actor, name, besides=label_id)
        encrypted = encrypt_label(actor.customer, label_id, kept)
        Label.objects.filter(id=label_id).update(encrypted_name=encrypted, name_index=index)
        audit.record(actor=actor, action="label.renamed", now=now, subject=label_id)
