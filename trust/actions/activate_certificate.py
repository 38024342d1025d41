"""Puts an imported certificate to use, after its key has proved itself."""

from __future__ import annotations

import os
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.gateways import hsm
from trust.gateways.ca import issues_at_once
from trust.gateways.certificate_facts import verifies
from trust.models import CeremonyStep, SealCertificate
from trust.rules.certificates import Validity, validity

State = SealCertificate.State


class CertificateNotReady(Refusal):
    """Not imported, ended, or outside its validity."""

    code = "certificate_not_ready"
    status = 409
    title = gettext_lazy("The certificate cannot be put to use.")


class KeyDoesNotSign(Refusal):
    """A test seal by the key in the HSM does not verify with the certificate."""

    code = "key_does_not_sign"
    title = gettext_lazy("The key in the HSM does not belong to this certificate.")


class KeyCeremonyNeeded(Refusal):
    """A live key that no second person has confirmed, where certificates come from a real authority."""

    code = "key_ceremony_needed"
    status = 409
    title = gettext_lazy("Two members of staff must make this key: order the certificate.")


def activate_certificate(*, actor: Actor, certificate_id: str, now: datetime) -> SealCertificate:
    """The certificate in state `active`. Older active ones stay, so that seals in the queue are finished with them.

    The key signs a random text first, which must verify. Safe to run twice. Raises NotFound, CertificateNotReady,
    KeyCeremonyNeeded, KeyDoesNotSign, `hsm.HsmUnavailable` (an outage).
    """
    actor.require("certificate.manage")
    found = SealCertificate.objects.visible_to(actor).select_related("key").filter(id=certificate_id).first()
    if found is None:
        raise NotFound
    if found.state == State.ACTIVE:
        return found
    _check_ready(found, now)
    challenge = b"Sealport proof of possession " + os.urandom(32)
    if not verifies(found.der, hsm.sign(found.key.label, found.key.algorithm, challenge), challenge):
        raise KeyDoesNotSign
    with transaction.atomic():
        if SealCertificate.objects.filter(id=found.id, state=State.REQUESTED).update(
            state=State.ACTIVE, activated_at=now
        ):
            audit.record(
                actor=actor,
                action="certificate.activated",
                now=now,
                customer_id=found.customer_id,
                subject=found.id,
                details={"serial": found.serial, "live": found.live},
            )
            outbox.emit("certificate.activated", now=now, customer_id=found.customer_id, subject=found.id)
    found.refresh_from_db()
    return found


def _check_ready(certificate: SealCertificate, now: datetime) -> None:
    if certificate.state != State.REQUESTED or certificate.not_before is None or certificate.not_after is None:
        raise CertificateNotReady(_("It has not been imported, or it has ended."))
    if validity(certificate.not_before, certificate.not_after, now=now) is not Validity.VALID:
        raise CertificateNotReady(_("It is outside its validity."))
    if certificate.live and not issues_at_once(live=True) and not _confirmed(certificate):
        raise KeyCeremonyNeeded


def _confirmed(certificate: SealCertificate) -> bool:
    """Whether a second person has confirmed the key, which a constraint keeps from being the first."""
    return CeremonyStep.objects.filter(order__certificate=certificate, kind=CeremonyStep.Kind.CONFIRMED).exists()
