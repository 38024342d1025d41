"""Adds a label to the customer's."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit, vault
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.ids import new_id
from sealing.actions._labels import LabelExists, named
from sealing.gateways.encrypted import encrypt_label
from sealing.models import Label
from sealing.rules.labels import MOST_LABELS


class TooManyLabels(Refusal):
    code = "too_many_labels"
    title = gettext_lazy("There are as many labels as there can be.")


def create_label(*, actor: Actor, name: str, now: datetime) -> str:
    """The id of the new label, which all members of the customer see (clause A3).

    Raises `Forbidden` without `seal.create`, `InvalidInput` for a name that cannot be, `LabelExists` and
    `TooManyLabels`.
    """
    actor.require("seal.create")
    vault.have_key_at_hand(actor.customer)
    with transaction.atomic():
        list(Label.objects.select_for_update().values_list("id"))  # whoever adds one waits for whoever does so already
        kept, index = named(actor, name)
        if Label.objects.count() >= MOST_LABELS:
            raise TooManyLabels(_("A customer can have %(limit)d labels. Delete one first.") % {"limit": MOST_LABELS})
        label_id = new_id("lbl")
        encrypted = encrypt_label(actor.customer, label_id, kept)
        try:
            Label.objects.create(id=label_id, encrypted_name=encrypted, name_index=index, created_at=now)
        except IntegrityError as error:  # two first labels at once: there was no row to wait for
            raise LabelExists from error
        audit.record(actor=actor, action="label.created", now=now, subject=label_id)
    return label_id
