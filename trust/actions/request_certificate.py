"""Requests a certificate: a new key in the HSM and a certificate request signed by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.tenancy.context import find_customer
from trust.gateways import hsm
from trust.gateways.certificate_requests import build_request
from trust.models import SealCertificate, SealKey
from trust.rules.certificates import SealSubject, distinguished_name

_NUMBER = "hashtextextended('trust.key:' || %s, 0)"


class KeyAlgorithmUnknown(Refusal):
    """Not one of `hsm.KEY_ALGORITHMS`."""

    code = "key_algorithm_unknown"
    title = _("Keys of this kind are not made here.")


class CertificateRequestOpen(Refusal):
    """The customer waits for another certificate in the same mode."""

    code = "certificate_request_open"
    status = 409
    title = _("Another certificate request is still open.")


def request_certificate(
    *, actor: Actor, customer_id: str, live: bool, subject: SealSubject, key_algorithm: str, now: datetime
) -> SealCertificate:
    """A certificate in state `requested` with its PKCS#10 request in `request` (PEM).

    Safe to run twice and beside itself: the open request with the same name and algorithm is taken up where it was
    left. Not inside a transaction. Raises NotFound, KeyAlgorithmUnknown, CertificateRequestOpen, `hsm.HsmUnavailable`
    (an outage).
    """
    actor.require("certificate.manage")
    if actor.customer_id not in {None, customer_id} or find_customer("id", customer_id) is None:
        raise NotFound
    if key_algorithm not in hsm.KEY_ALGORITHMS:
        raise KeyAlgorithmUnknown
    certificate = _open_request(customer_id, live, distinguished_name(subject), key_algorithm, now)
    if certificate.request:
        return certificate
    key = certificate.key
    with _alone_with(key):
        public_key = hsm.generate_key_pair(key.label, key_algorithm)
    request = build_request(subject, key_label=key.label, key_algorithm=key_algorithm, public_key=public_key)
    with transaction.atomic():
        if SealCertificate.objects.filter(id=certificate.id, request="").update(request=request):
            audit.record(
                actor=actor,
                action="certificate.requested",
                now=now,
                customer_id=customer_id,
                subject=certificate.id,
                details={
                    "key": key.id,
                    "algorithm": key_algorithm,
                    "subject": certificate.requested_subject,
                    "live": live,
                },
            )
    certificate.refresh_from_db()
    return certificate


@contextmanager
def _alone_with(key: SealKey) -> Iterator[None]:
    """Of two processes at once the second waits, and finds the key of the first.

    An HSM makes a second pair under a label without a word, and nobody seals with either from then on. The lock belongs
    to the connection, so that a crash frees it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({_NUMBER})", [key.label])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_unlock({_NUMBER})", [key.label])


def _open_request(customer_id: str, live: bool, subject: str, key_algorithm: str, now: datetime) -> SealCertificate:
    """The customer's one open request. The row comes before the key, so that no key is ever without a row."""
    try:
        with transaction.atomic():
            key = SealKey.objects.create(customer_id=customer_id, algorithm=key_algorithm, live=live, created_at=now)
            return SealCertificate.objects.create(
                customer_id=customer_id, key=key, live=live, requested_subject=subject, requested_at=now
            )
    except IntegrityError:
        found = (
            SealCertificate.objects.select_related("key")
            .filter(customer_id=customer_id, live=live, state=SealCertificate.State.REQUESTED)
            .first()
        )
        if found is None:
            raise
        if (found.requested_subject, found.key.algorithm) != (subject, key_algorithm):
            raise CertificateRequestOpen from None
        return found
