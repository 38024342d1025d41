"""The status for everybody, what members are told of an outage outside, and what staff do about it (clause A6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.audit import payload_of
from kernel.models import AuditEntry, Job
from portal.status import forget
from tests.cast import Cast, Customers
from tests.doubles.trusted_lists import DAY, TrustedListDraft, list_site, signer, signers_file
from tests.doubles.unreliable_pki import UnreliablePki, unreliable_pki
from trust.actions.probe_timestamp_authorities import probe_timestamp_authorities
from trust.actions.refresh_trusted_lists import refresh_trusted_lists
from trust.models import TimestampAuthority


@pytest.fixture(scope="module")
def pki_at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnreliablePki]:
    with unreliable_pki(tmp_path_factory.mktemp("unreliable")) as pki:
        yield pki


@pytest.fixture
def pki(pki_at_work: UnreliablePki, settings: Any) -> UnreliablePki:
    settings.TRUST_ANCHORS = pki_at_work.anchors
    settings.TSA_URLS = [f"{pki_at_work.url}/tsa/a#name=Tick", f"{pki_at_work.url}/tsa/b#name=Tock"]
    settings.TEST_TSA_URLS = []
    pki_at_work.faults.clear()
    return pki_at_work


def asked(client: Client) -> dict[str, Any]:
    forget()
    answer = client.get("/status.json")
    assert answer.status_code == client.head("/status.json").status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def states(body: dict[str, Any]) -> dict[str, str]:
    return {part["name"]: part["state"] for part in body["parts"]}


def test_an_outage_outside_is_told_as_theirs_within_a_probe_and_cleared_by_the_next(
    pki: UnreliablePki, sealing_cast: Cast, client: Client
) -> None:
    alice = sealing_cast.alice
    probe_timestamp_authorities(now=clock.now())
    body = asked(client)
    assert (body["state"], states(body)["Tick"], states(body)["Tock"]) == ("up", "up", "up")
    assert "Tick" not in alice.client().get(alice.url("")).content.decode()

    pki.faults["tsa"] = "down"
    since = clock.now() + timedelta(minutes=2)
    probe_timestamp_authorities(now=since)
    body = asked(client)
    assert (body["state"], states(body)["Sealing"], states(body)["Tick"]) == ("waiting", "waiting", "down")
    assert all(part["since"] for part in body["parts"] if part["outside"] and part["name"] in {"Tick", "Tock"})
    page = client.get("/status/").content.decode()
    assert "seals wait for somebody outside" in page
    assert "has not answered since" in page
    for address in ("", "seal/"):
        told = alice.client().get(alice.url(address)).content.decode()
        assert "The timestamp authorities Tick, Tock have not answered since" in told
        assert "It is their outage, not yours." in told
        assert "Nothing is charged until then." in told

    pki.faults.clear()
    probe_timestamp_authorities(now=clock.now())
    assert asked(client)["state"] == "up"
    assert "have not answered" not in alice.client().get(alice.url("")).content.decode()


def test_one_authority_away_is_shown_and_keeps_nobody_waiting(
    pki: UnreliablePki, settings: Any, db: None, client: Client
) -> None:
    settings.TSA_URLS = ["http://127.0.0.1:9/tsa#name=Away", settings.TSA_URLS[1]]
    probe_timestamp_authorities(now=clock.now())
    body = asked(client)
    assert (body["state"], states(body)["Away"], states(body)["Tock"]) == ("up", "down", "up")


def test_our_own_outage_is_told_as_ours(db: None, client: Client) -> None:
    waiting = {"kind": "sealing.perform_seal", "state": "queued", "attempts": 1, "run_at": clock.now()}
    at = clock.now() - timedelta(minutes=3)
    Job.objects.create(**waiting, key="1", created_at=at, last_error="hsm_unavailable: no token")
    sealing = next(part for part in asked(client)["parts"] if part["id"] == "sealing")
    assert (sealing["state"], sealing["outside"]) == ("down", False)
    assert sealing["since"] == at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert "Our hardware security module" in sealing["detail"]
    assert "We have an outage." in client.get("/status/").content.decode()

    Job.objects.update(attempts=0, last_error="", run_at=at)
    assert states(asked(client))["Sealing"] == "slow"
    Job.objects.all().delete()
    assert states(asked(client))["Sealing"] == "up"


def test_the_status_is_found_out_once_in_a_while_and_knows_no_customer(
    pki: UnreliablePki, sealing_cast: Cast, client: Client
) -> None:
    probe_timestamp_authorities(now=clock.now())
    forget()
    with CaptureQueriesContext(
        connection,
    ) as asking:
        first = client.get("/status.json")
    statements = [one["sql"] for one in asking.captured_queries]
    assert len(statements) <= 6
    assert not [one for one in statements if "customer" in one or "sealing_" in one]
    assert "Acme" not in first.content.decode()
    assert first["Cache-Control"] == "public, max-age=10"


def staff_client(customers: Customers, *, superuser: bool = True) -> Client:
    person = customers.person("Sam")
    person.is_staff, person.is_superuser = True, superuser
    person.save()
    staff = Client(HTTP_HOST="localhost")
    staff.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return staff


def test_staff_let_an_authority_rest_put_it_back_and_ask_it(
    pki: UnreliablePki, customers: Customers, settings: Any
) -> None:
    settings.TSA_URLS = [f"{settings.TSA_URLS[0]}&quota=50/month&price=0.25", settings.TSA_URLS[1]]
    probe_timestamp_authorities(now=clock.now())
    tick = TimestampAuthority.objects.get(name="Tick")
    staff, room = staff_client(customers), "/staff/trust/timestampauthority/"
    why = {"reason": "They told us of maintenance"}
    assert staff.post(f"{room}{tick.id}/rest/", {"reason": ""}).status_code == 422
    assert staff.post(f"{room}{tick.id}/rest/", why).status_code == 302
    probe_timestamp_authorities(now=clock.now() + timedelta(minutes=2))
    page = staff.get(room).content.decode()
    assert "staff let it rest until" in page
    assert "0 of 50 used" in page

    pki.faults["tsa"] = "error"
    assert staff.post(f"{room}{tick.id}/put-back/", why).status_code == 302
    refused = staff.post(f"{room}{tick.id}/probe/", why)
    assert refused.status_code == 422
    assert "Tick: http_status" in refused.content.decode()
    pki.faults.clear()
    assert staff.post(f"{room}{tick.id}/probe/", why).status_code == 302
    page = staff.get(room).content.decode()
    assert "2 of 50 used" in page
    assert "€0.25" in page
    trail = AuditEntry.objects.filter(subject=tick.id).order_by("id")
    verbs = ["rested", "put_back", "probed", "probed"]
    assert [(entry.action, payload_of(entry).reason) for entry in trail] == [
        (f"timestamp_authority.{verb}", why["reason"]) for verb in verbs
    ]
    assert staff_client(customers, superuser=False).post(f"{room}{tick.id}/rest/", why).status_code == 403
    assert staff.post(f"{room}tsa_unknown/rest/", why).status_code == 422


def test_staff_see_a_list_that_is_too_old(customers: Customers, settings: Any, tmp_path: Any) -> None:
    commission, now = signer("Commission", country="BE"), clock.now()
    settings.TRUSTED_LISTS_SIGNERS = signers_file(tmp_path, commission)
    with list_site() as site:
        lists = TrustedListDraft("EU", now - 9 * DAY, lasts=10 * DAY).signed(commission)
        settings.TRUSTED_LISTS_URL = site.publish("/EU.xml", lists)
        settings.TRUSTED_LISTS_HOSTS = [site.host]
        refresh_trusted_lists(now=now)
        site.publish("/EU.xml", b"<html>Server temporarily unavailable</html>")
        refresh_trusted_lists(now=now)
    staff = staff_client(customers)
    page = staff.get("/staff/trust/timestampauthority/").content.decode()
    assert "believed until" in page
    assert "unreadable: not a trusted list" in page
