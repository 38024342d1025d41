"""Trust's doors: the API for programs, the admin for staff, the tasks for the scheduler."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client

from kernel import clock, runner
from kernel.audit import payload_of
from kernel.models import AuditEntry, Job
from tests.cast import Cast, Customers
from tests.factories.orders import fingerprint, ordered
from tests.factories.trust import active_certificate
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.gateways.ca import DevelopmentAuthority
from trust.models import (
    CertificateOrder,
    RevocationAnswer,
    SealCertificate,
    SealKey,
    TimestampAuthority,
    TimestampIssued,
)
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
    assert item["sealing_until"] < item["not_after"]

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


def test_an_order_goes_from_the_customers_page_through_two_peoples_hands_to_a_certificate(
    cast: Cast, customers: Customers, settings: Any
) -> None:
    strangers = active_certificate(cast.globex, clock.now())
    settings.CA_GATEWAY = "manual"
    alice, orders = cast.alice.client(), "/staff/trust/certificateorder"
    wishes = {
        "offer": "2-355.00",
        "registration_number": "302345678",
        "seal_name": "Acme",
        "key_algorithm": "ec-p256",
    }
    page = cast.alice.url("certificates/order/")
    shown = alice.get(page).content.decode()
    assert all(price in shown for price in ("205.00", "355.00", "490.00"))
    assert alice.post(page, wishes | {"offer": "2-1.00"}).status_code == 422
    assert alice.post(page, wishes | {"registration_number": "??"}).status_code == 422
    answer = alice.post(page, wishes)
    assert (answer.status_code, "/certificates/orders/ord_" in answer["Location"]) == (302, True)
    assert "355.00" in alice.get(cast.alice.url("usage/")).content.decode()
    order = CertificateOrder.objects.get()
    status = alice.get(answer["Location"]).content.decode()
    assert "Two of our staff will make the key" in status

    one, other = signed_in_staff(customers), signed_in_staff(customers)
    assert one.get(f"{orders}/").status_code == 200
    assert (
        one.post(f"{orders}/{order.id}/make-key/", {"reason": ""}).status_code == 422
    )  # without a reason nothing happens
    assert one.post(f"{orders}/{order.id}/make-key/", {"reason": "Order 7"}).status_code == 302
    read_out = {"reason": "Order 7", "fingerprint": fingerprint(order)}
    alone = one.post(f"{orders}/{order.id}/confirm/", read_out)
    assert (alone.status_code, "Another member of staff" in alone.content.decode()) == (422, True)
    assert other.get(f"{orders}/{order.id}/request.csr/").status_code == 403
    assert other.post(f"{orders}/{order.id}/confirm/", read_out).status_code == 302
    assert alice.post(cast.alice.url(f"certificates/orders/{order.id}/")).status_code == 409
    request = one.get(f"{orders}/{order.id}/request.csr/").content.decode()
    issued = DevelopmentAuthority().issue(request, live=True, years=2)
    assert issued is not None
    wrong = {"certificate": pem(bytes(strangers.certificate or b"")), "reason": "Order 7"}
    assert "another key" in one.post(f"{orders}/{order.id}/import/", wrong).content.decode()
    right = {"certificate": issued.decode(), "reason": "Order 7"}
    assert one.post(f"{orders}/{order.id}/import/", right).status_code == 302
    assert one.post(f"{orders}/{order.id}/complete/", {"reason": "Order 7"}).status_code == 302
    runner.drain()
    assert one.get(f"{orders}/{order.id}/minutes.pdf/").content.startswith(b"%PDF-")
    assert one.get(f"{orders}/{order.id}/change/").status_code == 200

    found = sealing_certificate(customer_id=cast.acme.id, live=True, certificate_id=None, now=clock.now())
    assert found.not_after - clock.now() > timedelta(days=700)
    detail = alice.get(cast.alice.url(f"certificates/{found.id}/")).content.decode()
    assert "minutes.pdf" in detail
    chain = alice.get(cast.alice.url(f"certificates/{found.id}/chain.pem")).content
    assert len(x509.load_pem_x509_certificates(chain)) == 2
    entries = AuditEntry.objects.filter(customer_id=cast.acme.id, actor_kind="staff")
    assert {payload_of(entry).reason for entry in entries} == {"Order 7"}


def test_an_order_is_cancelled_and_a_certificate_stopped_by_their_customer(cast: Cast) -> None:
    alice, certificate = cast.alice.client(), active_certificate(cast.acme, clock.now())
    order = ordered(cast.alice.actor)
    page = cast.alice.url(f"certificates/orders/{order.id}/")
    assert cast.bob.client().post(page).status_code == 403
    assert cast.mallory.client().post(page.replace(cast.acme.slug, cast.globex.slug)).status_code == 404
    assert alice.post(page).status_code == 302
    assert alice.post(page).status_code == 409
    page = cast.alice.url(f"certificates/{certificate.id}/")
    assert cast.bob.client().post(page).status_code == 403
    assert alice.post(page).status_code == 302
    certificate.refresh_from_db()
    assert certificate.state == "retired"


def test_staff_retire_a_certificate_and_two_of_them_destroy_its_key(cast: Cast, customers: Customers) -> None:
    certificate = active_certificate(cast.acme, clock.now())
    one, other = signed_in_staff(customers), signed_in_staff(customers)
    reason, key = {"reason": "The customer left"}, f"/staff/trust/sealkey/{certificate.key_id}"
    assert one.post(f"{key}/ask-destruction/", reason).status_code == 403
    assert one.post(f"/staff/trust/sealcertificate/{certificate.id}/retire/", reason).status_code == 302
    assert one.post(f"{key}/destroy/", reason).status_code == 403
    assert one.post(f"{key}/ask-destruction/", reason).status_code == 302
    assert one.post(f"{key}/destroy/", reason).status_code == 422
    assert other.post(f"{key}/destroy/", reason).status_code == 302
    assert SealKey.objects.get(id=certificate.key_id).destroyed_at


def test_staff_import_a_test_certificate_that_is_ordered_by_hand(
    cast: Cast, customers: Customers, settings: Any
) -> None:
    settings.TEST_CA_GATEWAY = "manual"
    staff, pages, reason = signed_in_staff(customers), "/staff/trust/sealcertificate", {"reason": "Order 7"}
    wishes = {
        "customer": cast.acme.id,
        "common_name": "Acme",
        "organization": "Acme UAB",
        "organization_identifier": "NTRLT-302345678",
        "country": "LT",
        "key_algorithm": "ec-p256",
    }
    assert staff.post(f"{pages}/request/", wishes | reason).status_code == 302
    wanted = SealCertificate.objects.get(customer=cast.acme)
    request = staff.get(f"{pages}/{wanted.id}/request.csr/").content.decode()
    issued = DevelopmentAuthority().issue(request, live=False)
    assert issued is not None
    assert staff.post(f"{pages}/{wanted.id}/import/", reason | {"certificate": issued.decode()}).status_code == 302
    assert staff.post(f"{pages}/{wanted.id}/activate/", reason).status_code == 302
    wanted.refresh_from_db()
    assert (wanted.live, wanted.state) == (False, "active")


def test_an_order_for_a_customer_that_does_not_exist_comes_back_with_the_form(cast: Cast, customers: Customers) -> None:
    wishes = {
        "customer": f"{cast.acme.id}x",
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
