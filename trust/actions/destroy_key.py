"""Destroys a seal key in the HSM for good."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.actions._orders import SecondPersonNeeded
from trust.gateways import hsm
from trust.models import SealCertificate, SealKey

State = SealCertificate.State


class KeyInUse(Refusal):
    """A certificate for this key is active or still awaited."""

    code = "key_in_use"
    status = 409
    title = _("The key is still needed by a certificate.")


class DestructionNotAsked(Refusal):
    """Staff destroy a key in two steps: one asks, another does."""

    code = "destruction_not_asked"
    status = 409
    title = _("Somebody of staff must ask for the destruction of this key first, and another destroys it.")


def destroy_key(*, actor: Actor, key_id: str, now: datetime) -> None:
    """The key pair is gone from the HSM; seals made with it stay valid.

    Recorded before it happens, so that no key disappears without a trace. Safe to run again after any failure. Staff
    do it in two: `ask_key_destruction`, then another person this. Raises NotFound, KeyInUse, DestructionNotAsked,
    `SecondPersonNeeded`, `hsm.HsmUnavailable` (an outage).
    """
    actor.require("certificate.manage")
    with transaction.atomic():
        key = SealKey.objects.visible_to(actor).select_for_update().filter(id=key_id).first()
        if key is None:
            raise NotFound
        if key.certificates.filter(state__in=[State.REQUESTED, State.ACTIVE]).exists():
            raise KeyInUse
        if key.destroyed_at is None:
            if actor.kind == "staff":
                _check_second_person(key, actor.person)
                key.destroyed_by = actor.person
            key.destroyed_at = now
            key.save(update_fields=["destroyed_at", "destroyed_by"])
            audit.record(actor=actor, action="key.destroyed", now=now, customer_id=key.customer_id, subject=key.id)
    hsm.destroy_key(key.label)


def _check_second_person(key: SealKey, person: str) -> None:
    if key.destruction_asked_at is None:
        raise DestructionNotAsked
    if key.destruction_asked_by == person:
        raise SecondPersonNeeded
