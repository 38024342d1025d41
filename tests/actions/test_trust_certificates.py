"""The life of a seal certificate, with a real HSM and a real certification authority."""

from __future__ import annotations

import pytest

from kernel import clock
from tests.cast import Cast
from trust.actions.check_certificate import check_certificate
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.actions.provision_certificate import provision_certificate
from trust.gateways import hsm
from trust.gateways.certificate_facts import verifies
from trust.queries import sealing_certificate
from trust.rules.certificates import SealSubject

ACME = SealSubject(
    common_name="Acme, UAB", organization="Acme, UAB", country="LT", organization_identifier="NTRLT-300000001"
)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "rsa-3072", "ec-p256", "ec-p384"])
@pytest.mark.parametrize("live", [False, True])
def test_a_provisioned_certificate_seals_and_is_proven(cast: Cast, algorithm: str, live: bool) -> None:
    now = clock.now()
    arguments = {"actor": cast.alice.actor, "customer_id": cast.acme.id, "live": live, "subject": ACME}
    made = provision_certificate(**arguments, key_algorithm=algorithm, now=now)

    chosen = sealing_certificate(customer_id=cast.acme.id, live=live, certificate_id=None, now=now)
    signature = hsm.sign(chosen.key_label, chosen.key_algorithm, b"a document")
    evidence = check_certificate(certificate_id=made.id, now=clock.now())

    assert provision_certificate(**arguments, key_algorithm=algorithm, now=now).id == made.id == chosen.id
    assert verifies(chosen.certificate, signature, b"a document")
    assert not verifies(chosen.certificate, signature, b"another document")
    assert len(evidence.certificates) == 3
    assert evidence.certificates[:2] == (chosen.certificate, *chosen.chain)
    assert len(evidence.ocsps) + len(evidence.crls) == 2
    assert evidence.good_until > now


def test_a_timestamp_comes_from_the_first_authority_with_proof_of_its_chain(db: None) -> None:
    imprint = bytes(range(32))
    stamp = obtain_timestamp(imprint=imprint, live=True, now=clock.now())
    assert stamp.authority.endswith("/tsa/a")
    assert len(stamp.evidence.certificates) == 3
