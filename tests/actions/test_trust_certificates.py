"""The life of a seal certificate, with a real HSM and a real certification authority."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import connection, connections

from accounts.models import Customer
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from kernel.models import AuditEntry, Event
from kernel.tenancy.context import forget_customers
from tests.cast import Cast
from tests.doubles.unreliable_pki import UnreliablePki, unreliable_pki
from tests.factories.trust import ACME, active_certificate, administrator, customer_row
from tests.waiting import somebody_waits_for_a_lock, wait_for
from trust.actions.activate_certificate import CertificateNotReady, KeyDoesNotSign, activate_certificate
from trust.actions.check_certificate import check_certificate
from trust.actions.destroy_key import KeyInUse, destroy_key
from trust.actions.import_certificate import (
    CertificateAlreadyImported,
    CertificateMisfit,
    CertificateNotTrusted,
    CertificateUnreadable,
    import_certificate,
)
from trust.actions.issue_certificate import CertificateNotRequested, CertificateOrderedByHand, issue_certificate
from trust.actions.provision_certificates import provision_certificates
from trust.actions.request_certificate import CertificateRequestOpen, KeyAlgorithmUnknown, request_certificate
from trust.actions.retire_certificate import CertificateNotInUse, retire_certificate
from trust.gateways import hsm
from trust.gateways.ca import AuthorityUnavailable, RequestRefusedByAuthority
from trust.gateways.certificate_facts import verifies
from trust.models import SealCertificate, SealKey
from trust.queries import NoActiveCertificate, certificate_of, certificate_to_try, certificates_of, sealing_certificate
from trust.rules.certificates import SealSubject, distinguished_name

HOUR = timedelta(hours=1)
State = SealCertificate.State


@pytest.fixture
def acme(db: None) -> Customer:
    return customer_row("Acme", clock.now())


@pytest.fixture
def alice(acme: Customer) -> Actor:
    return administrator(acme)


def request(actor: Actor, *, subject: SealSubject = ACME, key_algorithm: str = "ec-p256") -> SealCertificate:
    return request_certificate(
        actor=actor,
        customer_id=actor.customer,
        live=True,
        subject=subject,
        key_algorithm=key_algorithm,
        now=clock.now(),
    )


@pytest.mark.parametrize("algorithm", hsm.KEY_ALGORITHMS)
@pytest.mark.parametrize("live", [False, True])
def test_a_provisioned_certificate_seals_and_is_proven(acme: Customer, algorithm: str, live: bool) -> None:
    now = clock.now()
    made = active_certificate(acme, now, live=live, key_algorithm=algorithm)
    chosen = sealing_certificate(customer_id=acme.id, live=live, certificate_id=None, now=now)
    signature = hsm.sign(chosen.key_label, chosen.key_algorithm, b"a document")
    evidence = check_certificate(certificate_id=made.id, now=clock.now())

    assert active_certificate(acme, now, live=live, key_algorithm=algorithm).id == made.id == chosen.id
    assert verifies(chosen.certificate, signature, b"a document")
    assert not verifies(chosen.certificate, signature, b"another document")
    assert evidence.certificates[:2] == (chosen.certificate, *chosen.chain)
    assert (made.for_electronic_seal, made.qualified, made.on_secure_device) == (True, True, True)
    assert "Acme\\, UAB" in chosen.subject
    with pytest.raises(NoActiveCertificate):
        sealing_certificate(customer_id=acme.id, live=not live, certificate_id=None, now=now)


def test_every_step_is_in_the_audit_trail_once_however_often_it_is_run(alice: Actor) -> None:
    for _time in range(2):
        made = request(alice)
        for step in (issue_certificate, activate_certificate):
            for _again in range(2):
                step(actor=alice, certificate_id=made.id, now=clock.now())
    assert list(AuditEntry.objects.filter(subject=made.id).order_by("id").values_list("action", flat=True)) == [
        "certificate.requested",
        "certificate.imported",
        "certificate.activated",
    ]
    assert Event.objects.filter(name="certificate.activated", subject=made.id).count() == 1
    # The first was in use when the loop began again, so a second was requested beside it.
    assert SealCertificate.objects.filter(customer_id=alice.customer, state=State.ACTIVE).count() == 2


def test_an_open_request_is_taken_up_and_no_other_opened_beside_it(alice: Actor) -> None:
    first = request(alice)
    assert request(alice).id == first.id
    assert x509.load_pem_x509_csr(first.request.encode()).is_signature_valid
    for other in ({"key_algorithm": "ec-p384"}, {"subject": SealSubject("Other", "Acme", "LT", "NTRLT-1")}):
        with pytest.raises(CertificateRequestOpen):
            request(alice, **other)
    assert SealKey.objects.filter(customer_id=alice.customer).count() == 1


def test_of_two_processes_at_once_one_makes_the_key(transactional_db: None) -> None:
    """An HSM takes two pairs under one label, and nobody seals with either: the second process waits for the first."""
    acme = customer_row("Acme", clock.now())
    alice, now = administrator(acme), clock.now()
    key = SealKey.objects.create(customer=acme, algorithm="ec-p256", live=True, created_at=now)
    subject = distinguished_name(ACME)
    SealCertificate.objects.create(customer=acme, key=key, live=True, requested_subject=subject, requested_at=now)

    def second() -> str:
        try:
            return request(alice).request
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other, connection.cursor() as first:
        first.execute("SELECT pg_advisory_lock(hashtextextended('trust.key:' || %s, 0))", [key.label])
        asked = other.submit(second)
        wait_for(somebody_waits_for_a_lock, "the second waits")
        assert not hsm.key_exists(key.label)
        made = hsm.generate_key_pair(key.label, "ec-p256")
        first.execute("SELECT pg_advisory_unlock_all()")
        assert asked.result(timeout=20)
    assert hsm.public_key(key.label) == made


def test_an_unknown_algorithm_is_refused(alice: Actor) -> None:
    with pytest.raises(KeyAlgorithmUnknown):
        request(alice, key_algorithm="rsa-1024")


def test_a_request_interrupted_by_the_hsm_is_finished_later(alice: Actor, settings: Any) -> None:
    token, settings.PKCS11_TOKEN = settings.PKCS11_TOKEN, "another token"
    hsm.close()
    with pytest.raises(hsm.HsmUnavailable):
        request(alice)
    begun = SealCertificate.objects.get(customer_id=alice.customer)
    with pytest.raises(CertificateNotRequested):
        issue_certificate(actor=alice, certificate_id=begun.id, now=clock.now())
    settings.PKCS11_TOKEN = token
    assert request(alice).id == begun.id
    assert issue_certificate(actor=alice, certificate_id=begun.id, now=clock.now()).certificate


def test_where_certificates_are_ordered_by_hand_the_request_waits_for_the_upload(alice: Actor, settings: Any) -> None:
    requested = request(alice)
    settings.CA_GATEWAY = "manual"
    with pytest.raises(CertificateOrderedByHand):
        issue_certificate(actor=alice, certificate_id=requested.id, now=clock.now())
    with pytest.raises(CertificateNotReady):
        activate_certificate(actor=alice, certificate_id=requested.id, now=clock.now())
    made = provision_certificates(actor=Actor.system("tests"), customer_id=alice.customer, now=clock.now())
    assert [certificate.live for certificate in made] == [False]  # test mode has an authority of its own
    settings.TEST_CA_GATEWAY = "manual"
    assert provision_certificates(actor=Actor.system("tests"), customer_id=alice.customer, now=clock.now()) == []


def test_an_authority_that_is_away_is_an_outage_and_one_that_says_no_a_refusal(alice: Actor, settings: Any) -> None:
    requested = request(alice)
    url, settings.DEVELOPMENT_CA_URL = settings.DEVELOPMENT_CA_URL, "http://127.0.0.1:9/ca"
    with pytest.raises(AuthorityUnavailable):
        issue_certificate(actor=alice, certificate_id=requested.id, now=clock.now())
    settings.DEVELOPMENT_CA_URL = f"{url}/nowhere"
    with pytest.raises(RequestRefusedByAuthority):
        issue_certificate(actor=alice, certificate_id=requested.id, now=clock.now())


@pytest.fixture(scope="module")
def careless_pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnreliablePki]:
    with unreliable_pki(tmp_path_factory.mktemp("careless")) as pki:
        yield pki


@pytest.fixture
def pki(careless_pki: UnreliablePki, settings: Any) -> UnreliablePki:
    settings.TRUST_ANCHORS = careless_pki.anchors
    settings.DEVELOPMENT_CA_URL = f"{careless_pki.url}/ca"
    return careless_pki


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"uses": ("key_encipherment",)}, CertificateMisfit),
        ({"authority": True}, CertificateMisfit),
        ({"begins": HOUR}, CertificateMisfit),
        ({"begins": -48 * HOUR, "ends": -HOUR}, CertificateMisfit),
        ({"ends": HOUR / 2}, CertificateMisfit),
        ({"issuer": "test-seals"}, CertificateNotTrusted),
        ({"issuer": "live-ocsp"}, CertificateNotTrusted),
    ],
)
def test_a_certificate_that_does_not_fit_is_not_imported(
    alice: Actor, pki: UnreliablePki, options: dict[str, Any], expected: type[Exception]
) -> None:
    requested = request(alice)
    issued = pki.certify(hsm.public_key(requested.key.label), **options)
    with pytest.raises(expected):
        import_certificate(actor=alice, certificate_id=requested.id, content=issued, now=clock.now())
    requested.refresh_from_db()
    assert requested.certificate is None


def test_the_certificate_of_another_key_is_not_imported(alice: Actor, pki: UnreliablePki) -> None:
    other = active_certificate(customer_row("Globex", clock.now()), clock.now())
    requested = request(alice)
    content = pki.certify(hsm.public_key(other.key.label))
    with pytest.raises(CertificateMisfit) as refusal:
        import_certificate(actor=alice, certificate_id=requested.id, content=content, now=clock.now())
    assert "another key" in str(refusal.value.detail)


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
)
def test_what_is_no_certificate_is_refused(alice: Actor, content: bytes) -> None:
    requested = request(alice)
    with pytest.raises(CertificateUnreadable):
        import_certificate(actor=alice, certificate_id=requested.id, content=content, now=clock.now())


def test_a_certificate_of_a_version_that_does_not_exist_is_refused(alice: Actor, pki: UnreliablePki) -> None:
    requested = request(alice)
    certificate = x509.load_pem_x509_certificates(pki.certify(hsm.public_key(requested.key.label)))[0]
    of_version_3, of_version_19 = bytes.fromhex("a003020102"), bytes.fromhex("a003020112")
    content = certificate.public_bytes(Encoding.DER).replace(of_version_3, of_version_19, 1)
    with pytest.raises(CertificateUnreadable):
        import_certificate(actor=alice, certificate_id=requested.id, content=content, now=clock.now())


def test_a_certificate_is_found_among_its_chain_and_imported_once(alice: Actor, pki: UnreliablePki) -> None:
    requested = request(alice)
    key = hsm.public_key(requested.key.label)
    first, second = pki.certify(key), pki.certify(key)
    end = b"-----END CERTIFICATE-----\n"
    backwards = b"".join(block + end for block in reversed(first.split(end)[:-1]))
    imported = import_certificate(actor=alice, certificate_id=requested.id, content=backwards, now=clock.now())
    assert len(imported.chain) == 1
    import_certificate(actor=alice, certificate_id=requested.id, content=first, now=clock.now())
    with pytest.raises(CertificateAlreadyImported):
        import_certificate(actor=alice, certificate_id=requested.id, content=second, now=clock.now())
    assert AuditEntry.objects.filter(action="certificate.imported").count() == 1


def test_a_certificate_whose_key_does_not_sign_for_it_is_never_put_to_use(alice: Actor) -> None:
    requested = request(alice)
    issue_certificate(actor=alice, certificate_id=requested.id, now=clock.now())
    label = requested.key.label
    hsm.destroy_key(label)
    hsm.generate_key_pair(label, "ec-p256")
    with pytest.raises(KeyDoesNotSign):
        activate_certificate(actor=alice, certificate_id=requested.id, now=clock.now())
    with pytest.raises(NoActiveCertificate):
        sealing_certificate(customer_id=alice.customer, live=True, certificate_id=None, now=clock.now())


def test_a_new_certificate_takes_over_while_queued_seals_keep_the_old(acme: Customer, alice: Actor) -> None:
    old = active_certificate(acme, clock.now(), key_algorithm="ec-p256")
    new = active_certificate(acme, clock.now(), key_algorithm="ec-p384")

    def chosen(certificate_id: str | None) -> str:
        asked = {"customer_id": acme.id, "live": True, "certificate_id": certificate_id}
        return sealing_certificate(**asked, now=clock.now()).id

    assert (chosen(None), chosen(old.id)) == (new.id, old.id)
    retire_certificate(actor=alice, certificate_id=new.id, now=clock.now())
    assert chosen(None) == old.id
    with pytest.raises(NoActiveCertificate):
        chosen(new.id)
    with pytest.raises(CertificateNotInUse):
        retire_certificate(actor=alice, certificate_id=request(alice).id, now=clock.now())
    with pytest.raises(CertificateNotReady):
        activate_certificate(actor=alice, certificate_id=new.id, now=clock.now())


def test_the_sample_of_doctor_is_not_sealed_for_a_closed_customer(cast: Cast) -> None:
    """Restored, a customer that was erased has a certificate that looks active, and no key."""
    now = clock.now()
    older, newer = active_certificate(cast.acme, now), active_certificate(cast.globex, now + HOUR)
    assert certificate_to_try(now=now).id == newer.id
    Customer.objects.filter(id=cast.globex.id).update(status="closed")
    forget_customers()
    assert certificate_to_try(now=now).id == older.id
    Customer.objects.update(status="closed")
    forget_customers()
    with pytest.raises(NoActiveCertificate):
        certificate_to_try(now=now)
    forget_customers()


def test_a_key_is_destroyed_only_when_no_certificate_needs_it(acme: Customer, alice: Actor) -> None:
    made = active_certificate(acme, clock.now())
    key = made.key
    with pytest.raises(NotFound):
        destroy_key(actor=administrator(customer_row("Globex", clock.now())), key_id=key.id, now=clock.now())
    with pytest.raises(KeyInUse):
        destroy_key(actor=alice, key_id=key.id, now=clock.now())
    retire_certificate(actor=alice, certificate_id=made.id, now=clock.now())
    assert hsm.key_exists(key.label)
    for _time in range(2):
        destroy_key(actor=alice, key_id=key.id, now=clock.now())
    assert not hsm.key_exists(key.label)
    key.refresh_from_db()
    assert key.destroyed_at is not None
    assert AuditEntry.objects.filter(action="key.destroyed", subject=key.id).count() == 1


def test_a_stranger_finds_nothing_and_somebody_without_the_permission_may_not(acme: Customer, alice: Actor) -> None:
    made = active_certificate(acme, clock.now())
    globex = customer_row("Globex", clock.now())
    mallory = administrator(globex)
    steps = (issue_certificate, activate_certificate, retire_certificate)
    for step in steps:
        with pytest.raises(NotFound):
            step(actor=mallory, certificate_id=made.id, now=clock.now())
    with pytest.raises(NotFound):
        import_certificate(actor=mallory, certificate_id=made.id, content=b"", now=clock.now())
    with pytest.raises(NotFound):
        certificate_of(mallory, made.id)
    with pytest.raises(NotFound):
        sealing_certificate(customer_id=globex.id, live=True, certificate_id=made.id, now=clock.now())
    with pytest.raises(NotFound):
        request_certificate(
            actor=mallory, customer_id=acme.id, live=True, subject=ACME, key_algorithm="ec-p256", now=clock.now()
        )
    assert list(certificates_of(mallory)) == []
    assert [one.id for one in certificates_of(alice)] == [made.id]
    bob = Actor(kind="member", id="mem_2", name="Bob", customer_id=acme.id)
    for step in steps:
        with pytest.raises(Forbidden):
            step(actor=bob, certificate_id=made.id, now=clock.now())
    with pytest.raises(Forbidden):
        certificates_of(bob)


def test_a_new_customer_is_given_a_test_and_a_live_certificate_in_its_name(cast: Cast) -> None:
    system = Actor.system("trust.provision_certificates", customer_id=cast.acme.id)
    for _time in range(2):
        made = provision_certificates(actor=system, customer_id=cast.acme.id, now=clock.now())
    assert [(one.live, one.state) for one in made] == [(False, State.ACTIVE), (True, State.ACTIVE)]
    assert SealCertificate.objects.filter(customer=cast.acme).count() == 2
    assert "CN=Acme" in made[0].subject
