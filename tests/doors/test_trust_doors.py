"""Trust's doors: the API for programs, the admin for staff, the tasks for the scheduler."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client

from kernel import clock, runner
from kernel.models import AuditEntry, Job
from tests.cast import Cast, Customers
from tests.factories.trust import active_certificate
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.gateways.ca import DevelopmentAuthority
from trust.models import RevocationAnswer, SealCertificate, SealKey, TimestampAuthority, TimestampIssued
from trust.queries import sealing_certificate


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
    staff = signed_in_staff(customers)
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


def test_staff_order_a_certificate_by_hand_and_the_customer_seals_with_it(
    cast: Cast, customers: Customers, settings: Any
) -> None:
    strangers = active_certificate(cast.globex, clock.now())
    settings.CA_GATEWAY = "manual"
    staff = signed_in_staff(customers)
    pages = "/staff/trust/sealcertificate"
    wishes = {
        "customer": cast.acme.id,
        "mode": "live",
        "common_name": "Acme",
        "organization": "Acme UAB",
        "organization_identifier": "NTRLT-302345678",
        "country": "LT",
        "key_algorithm": "ec-p256",
    }

    assert staff.post(f"{pages}/request/", wishes).status_code == 422  # without a reason nothing happens
    assert staff.post(f"{pages}/request/", wishes | {"reason": "Order 7"}).status_code == 302
    ordered = SealCertificate.objects.get(customer=cast.acme)
    request = staff.get(f"{pages}/{ordered.id}/request.csr/").content.decode()
    issued = DevelopmentAuthority().issue(request, live=True)
    assert issued is not None
    wrong = {"certificate": pem(bytes(strangers.certificate or b"")), "reason": "Order 7"}
    assert staff.post(f"{pages}/{ordered.id}/import/", wrong).status_code == 422
    right = {"certificate": issued.decode(), "reason": "Order 7"}
    assert staff.post(f"{pages}/{ordered.id}/import/", right).status_code == 302
    assert staff.post(f"{pages}/{ordered.id}/activate/", {"reason": "Order 7"}).status_code == 302

    found = sealing_certificate(customer_id=cast.acme.id, live=True, certificate_id=None, now=clock.now())
    assert found.id == ordered.id
    reasons = AuditEntry.objects.filter(customer_id=cast.acme.id, actor_kind="staff").values_list("reason", flat=True)
    assert set(reasons) == {"Order 7"}


def test_an_order_for_a_customer_that_does_not_exist_comes_back_with_the_form(cast: Cast, customers: Customers) -> None:
    wishes = {
        "customer": f"{cast.acme.id}x",
        "mode": "live",
        "common_name": "Acme",
        "organization": "Acme UAB",
        "organization_identifier": "NTRLT-302345678",
        "country": "LT",
        "key_algorithm": "ec-p256",
        "reason": "Order 7",
    }

    answer = signed_in_staff(customers).post("/staff/trust/sealcertificate/request/", wishes)

    assert (answer.status_code, answer.context["form"].non_field_errors()) == (
        422,
        ["There is nothing here by that name."],
    )


def test_staff_without_the_permission_order_nothing(cast: Cast, customers: Customers) -> None:
    staff = signed_in_staff(customers, superuser=False)

    assert staff.post("/staff/trust/sealcertificate/request/", {"reason": "x"}).status_code == 403


def pem(certificate: bytes) -> str:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()


def signed_in_staff(customers: Customers, *, superuser: bool = True) -> Client:
    person = customers.person("Sam")
    person.is_staff, person.is_superuser = True, superuser
    person.save()
    staff = Client(HTTP_HOST="localhost")
    staff.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return staff
