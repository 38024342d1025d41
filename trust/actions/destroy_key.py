"""Destroys a seal key in the HSM for good."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.gateways import hsm
from trust.models import SealCertificate, SealKey

State = SealCertificate.State


class KeyInUse(Refusal):
    """A certificate for this key is active or still awaited."""

    code = "key_in_use"
    status = 409
    title = _("The key is still needed by a certificate.")


def destroy_key(*, actor: Actor, key_id: str, now: datetime) -> None:
    """The key pair is gone from the HSM; seals made with it stay valid.

    Recorded before it happens, so that no key disappears without a trace. Safe to run again after any failure. Raises
    NotFound, KeyInUse, `hsm.HsmUnavailable` (an outage).
    """
    actor.require("certificate.manage")
    with transaction.atomic():
        key = SealKey.objects.visible_to(actor).select_for_update().filter(id=key_id).first()
        if key is None:
            raise NotFound
        if key.certificates.filter(state__in=[State.REQUESTED, State.ACTIVE]).exists():
            raise KeyInUse
        if key.destroyed_at is None:
            key.destroyed_at = now
            key.save(update_fields=["destroyed_at"])
            audit.record(actor=actor, action="key.destroyed", now=now, customer_id=key.customer_id, subject=key.id)
    hsm.destroy_key(key.label)
