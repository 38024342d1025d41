"""Trust's doors: the API for programs, the admin for staff, the tasks for the scheduler."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from django.test import Client

from kernel import clock, runner
from kernel.models import Job
from tests.cast import Cast, Customers
from tests.factories.trust import active_certificate
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.models import RevocationAnswer, SealCertificate, SealKey, TimestampAuthority, TimestampIssued


def robot(token: str) -> Client:
    return Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {token}"})


def test_a_program_reads_the_certificates_of_its_customer_and_mode(cast: Cast) -> None:
    live = active_certificate(cast.acme, clock.now(), live=True)
    test = active_certificate(cast.acme, clock.now(), live=False)

    (item,) = robot(cast.alice.token()).get("/api/v1/certificates").json()["items"]
    assert (item["id"], item["state"], item["live"], item["key_algorithm"]) == (live.id, "active", True, "ec-p256")
    certificate = x509.load_der_x509_certificate(base64.b64decode(item["certificate"]))
    assert f"{certificate.serial_number:x}" == item["serial"] == live.serial
    assert len(item["chain"]) == 1

    (item,) = robot(cast.alice.token(live=False)).get("/api/v1/certificates").json()["items"]
    assert item["id"] == test.id
    assert robot(cast.alice.token()).get(f"/api/v1/certificates/{live.id}").json()["fingerprint"] == live.fingerprint


def test_a_program_of_another_customer_or_without_the_scope_reads_no_certificate(cast: Cast) -> None:
    made = active_certificate(cast.acme, clock.now())
    stranger = robot(cast.mallory.token())
    assert stranger.get("/api/v1/certificates").json() == {"items": []}
    assert stranger.get(f"/api/v1/certificates/{made.id}").json()["code"] == "not_found"
    unprivileged = robot(cast.alice.token(scopes=frozenset({"seal.create"})))
    assert unprivileged.get("/api/v1/certificates").json()["code"] == "forbidden"
    assert unprivileged.get(f"/api/v1/certificates/{made.id}").status_code == 403
    assert Client(HTTP_HOST="localhost").get("/api/v1/certificates").status_code == 401


def test_staff_read_everything_of_trust_and_change_nothing(cast: Cast, customers: Customers) -> None:
    active_certificate(cast.acme, clock.now())
    obtain_timestamp(imprint=bytes(32), live=True, now=clock.now())
    person = customers.person("Sam")
    person.is_staff = person.is_superuser = True
    person.save()
    staff = Client(HTTP_HOST="localhost")
    staff.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    for model in (SealKey, SealCertificate, TimestampAuthority, TimestampIssued, RevocationAnswer):
        name = model._meta.model_name
        assert staff.get(f"/staff/trust/{name}/").status_code == 200
        assert staff.get(f"/staff/trust/{name}/add/").status_code == 403
        address = f"/staff/trust/{name}/{model.objects.all()[0].pk}"
        assert staff.get(f"{address}/change/").status_code == 200
        assert staff.post(f"{address}/change/", {}).status_code == 403
        assert staff.get(f"{address}/delete/").status_code == 403


@pytest.mark.parametrize("kind", ["trust.prefetch_revocation", "trust.probe_timestamp_authorities"])
def test_the_scheduled_work_may_run_twice(db: None, kind: str) -> None:
    from kernel import jobs

    for number in range(2):
        jobs.enqueue(kind, now=clock.now(), key=f"{kind}:{number}")
    runner.drain()
    assert list(Job.objects.filter(kind=kind).values_list("state", flat=True)) == ["done", "done"]
    assert (TimestampAuthority.objects.filter(last_ok_at=None).count() == 0) or kind == "trust.prefetch_revocation"


def test_a_new_customer_can_seal_as_soon_as_its_jobs_have_run(cast: Cast) -> None:
    runner.drain()
    found = SealCertificate.objects.filter(customer=cast.acme, state="active").order_by("live")
    assert [one.live for one in found] == [False, True]
