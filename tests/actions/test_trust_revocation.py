"""Revocation: what proves it, what stands in when a source fails, and when it is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import urllib3

from kernel import clock
from kernel.audit import payload_of
from kernel.jobs import ClaimedJob
from kernel.models import AuditEntry, Event, Job
from tests.doubles.unreliable_pki import FAULTS, OCSP_FAULTS, UnreliablePki, unreliable_pki
from tests.factories.trust import active_certificate, administrator, customer_row, fetch_ahead
from trust import tasks
from trust.actions.check_certificate import CertificateNotValid, CertificateRevoked, check_certificate
from trust.actions.collect_evidence import RevocationUnknown
from trust.actions.prefetch_revocation import prefetch_revocation
from trust.actions.refresh_revocation import refresh_revocation
from trust.actions.retire_certificate import retire_certificate
from trust.gateways import hsm
from trust.gateways.process_cache import forget_everything
from trust.models import RevocationAnswer, RevocationSource, RevocationWatch, SealCertificate
from trust.queries import CertificateExpired, NoActiveCertificate, sealing_certificate
from trust.queries.outages import outages_for
from trust.rules.authorities import FAILURES_TO_OPEN
from trust.rules.certificates import SEALING_MARGIN
from trust.rules.revocation import LONGEST_PAUSE

TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def pki_at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnreliablePki]:
    with unreliable_pki(tmp_path_factory.mktemp("unreliable")) as pki:
        yield pki


@pytest.fixture
def pki(pki_at_work: UnreliablePki, settings: Any) -> UnreliablePki:
    settings.TRUST_ANCHORS = pki_at_work.anchors
    settings.DEVELOPMENT_CA_URL = f"{pki_at_work.url}/ca"
    settings.TSA_URLS = []
    pki_at_work.faults.clear()
    pki_at_work.asked.clear()
    return pki_at_work


@pytest.fixture
def certificate(pki: UnreliablePki, db: None) -> SealCertificate:
    made = active_certificate(customer_row("Acme", clock.now()), clock.now())
    pki.asked.clear()
    return made


def revoke(pki: UnreliablePki, certificate: SealCertificate, reason: str = "keyCompromise") -> None:
    order = json.dumps({"serial": certificate.serial, "reason": reason})
    assert urllib3.request("POST", f"{pki.url}/ca/live/revoke", body=order).status == 200


def check_anew(certificate: SealCertificate, now: datetime) -> Any:
    """As a process would that has verified nothing yet."""
    forget_everything()
    return check_certificate(certificate_id=certificate.id, now=now)


def test_a_good_certificate_is_proven_by_ocsp_and_asked_about_once(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    now = clock.now()
    evidence = check_certificate(certificate_id=certificate.id, now=now)
    assert (len(evidence.certificates), len(evidence.ocsps), len(evidence.crls)) == (3, 1, 1)
    assert pki.asked == ["/ocsp/live-seals", "/crl/live-root.crl"]
    assert check_certificate(certificate_id=certificate.id, now=now + TICK) is evidence
    assert check_anew(certificate, now).ocsps == evidence.ocsps
    assert len(pki.asked) == 2


@pytest.mark.parametrize("fault", [*FAULTS, *OCSP_FAULTS])
def test_when_ocsp_fails_the_revocation_list_proves(
    certificate: SealCertificate, pki: UnreliablePki, fault: str
) -> None:
    pki.faults["ocsp"] = fault
    evidence = check_certificate(certificate_id=certificate.id, now=clock.now())
    assert (len(evidence.ocsps), len(evidence.crls)) == (0, 2)

    revoke(pki, certificate)
    RevocationAnswer.objects.all().delete()
    with pytest.raises(CertificateRevoked):
        check_anew(certificate, clock.now())


@pytest.mark.parametrize("fault", FAULTS)
def test_when_both_sources_fail_nothing_is_sealed_on_a_guess(
    certificate: SealCertificate, pki: UnreliablePki, fault: str
) -> None:
    pki.faults |= {"ocsp": fault, "crl": fault}
    with pytest.raises(RevocationUnknown) as outage:
        check_certificate(certificate_id=certificate.id, now=clock.now())
    assert pki.url in str(outage.value.detail)
    pki.faults.clear()
    assert check_certificate(certificate_id=certificate.id, now=clock.now())


def test_a_responder_that_does_not_know_the_certificate_is_not_overruled_by_a_list(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    pki.faults["ocsp"] = "unknown"
    with pytest.raises(RevocationUnknown):
        check_certificate(certificate_id=certificate.id, now=clock.now())
    assert "/crl/live-seals.crl" not in pki.asked


def test_only_allowed_hosts_are_asked(certificate: SealCertificate, pki: UnreliablePki, settings: Any) -> None:
    for hosts in ([], ["127.0.0.2", "localhost"], [pki.url.replace("http://127.0.0.1", "127.0.0.1") + "0"]):
        settings.REVOCATION_HOSTS = hosts
        with pytest.raises(RevocationUnknown):
            check_certificate(certificate_id=certificate.id, now=clock.now())
    assert pki.asked == []


def test_a_revoked_certificate_is_refused_for_good_and_its_customer_told(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    revoke(pki, certificate)
    with pytest.raises(CertificateRevoked):
        check_certificate(certificate_id=certificate.id, now=clock.now())
    certificate.refresh_from_db()
    assert certificate.state == SealCertificate.State.REVOKED
    assert payload_of(AuditEntry.objects.get(action="certificate.revoked")).details["reason"] == "key_compromise"
    assert Event.objects.get(name="certificate.revoked").subject == certificate.id

    assert Event.objects.get(name="certificate.revoked").payload == {"key": certificate.key_id}
    assert hsm.key_exists(certificate.key.label)
    tasks.destroy_revoked_key(job_of("trust.destroy_revoked_key", certificate.customer_id), now=clock.now())
    assert not hsm.key_exists(certificate.key.label)

    pki.faults |= {"ocsp": "down", "crl": "down"}
    with pytest.raises(CertificateRevoked):
        check_anew(certificate, clock.now())
    assert AuditEntry.objects.filter(action="certificate.revoked").count() == 1
    with pytest.raises(NoActiveCertificate):
        sealing_certificate(
            customer_id=certificate.customer_id, live=True, certificate_id=certificate.id, now=clock.now()
        )


def job_of(kind: str, customer_id: str) -> ClaimedJob:
    """The queued job, as its runner would hand it over; this customer has no schema to run it in."""
    payload = Job.objects.get(kind=kind, customer_id=customer_id).payload
    return ClaimedJob(1, kind, customer_id, payload, fence=1, attempts=1, crashes=0, overdue=False)


def test_a_certificate_on_hold_is_refused_until_the_hold_is_lifted(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    revoke(pki, certificate, "certificateHold")
    with pytest.raises(CertificateRevoked):
        check_certificate(certificate_id=certificate.id, now=clock.now())
    certificate.refresh_from_db()
    assert certificate.state == SealCertificate.State.ACTIVE


def test_fetching_ahead_notices_a_revocation_at_half_of_the_answers_life(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    now = clock.now()
    check_certificate(certificate_id=certificate.id, now=now)
    revoke(pki, certificate)

    assert fetch_ahead(now + 29 * MINUTE) == {}
    assert check_anew(certificate, now + 29 * MINUTE)
    assert list(fetch_ahead(now + 31 * MINUTE)) == [certificate.id]
    certificate.refresh_from_db()
    assert certificate.state == SealCertificate.State.REVOKED
    assert fetch_ahead(now + 32 * MINUTE) == {}


def test_a_kept_answer_bridges_an_outage_until_it_ends(certificate: SealCertificate, pki: UnreliablePki) -> None:
    now = clock.now()
    evidence = check_certificate(certificate_id=certificate.id, now=now)
    pki.faults |= {"ocsp": "down", "crl": "down"}
    ends = RevocationAnswer.objects.get(kind="ocsp").next_update
    assert ends == evidence.good_until

    fetch_ahead(ends - MINUTE)
    assert check_anew(certificate, ends - TICK).ocsps == evidence.ocsps
    with pytest.raises(RevocationUnknown):
        check_anew(certificate, ends)
    del pki.faults["crl"]
    assert check_anew(certificate, ends).ocsps == ()


def test_without_fetching_ahead_an_old_answer_is_still_renewed(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    pki.faults["ocsp"] = "down"
    now = clock.now()
    check_certificate(certificate_id=certificate.id, now=now)
    revoke(pki, certificate)
    assert check_anew(certificate, now + 2 * LONGEST_PAUSE - MINUTE)
    with pytest.raises(CertificateRevoked):
        check_anew(certificate, now + 2 * LONGEST_PAUSE)


def test_a_certificate_seals_up_to_the_margin_before_its_end_and_counts_as_valid_to_its_end(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    ends, asked = certificate.not_after, {"customer_id": certificate.customer_id, "live": True, "certificate_id": None}
    assert ends is not None
    assert sealing_certificate(**asked, now=ends - SEALING_MARGIN).id == certificate.id
    with pytest.raises(CertificateExpired):
        sealing_certificate(**asked, now=ends - SEALING_MARGIN + TICK)
    with pytest.raises(CertificateNotValid):
        check_anew(certificate, ends + TICK)


def test_nothing_is_sealed_with_a_retired_certificate_or_without_its_anchor(
    certificate: SealCertificate, settings: Any
) -> None:
    anchors = settings.TRUST_ANCHORS
    for others in ("", settings.TEST_TRUST_ANCHORS):
        settings.TRUST_ANCHORS = others
        with pytest.raises(CertificateNotValid):
            check_anew(certificate, clock.now())
    settings.TRUST_ANCHORS = anchors
    assert check_anew(certificate, clock.now())
    for _time in range(2):
        retire_certificate(actor=administrator(certificate.customer), certificate_id=certificate.id, now=clock.now())
    with pytest.raises(CertificateNotValid):
        check_anew(certificate, clock.now())


def test_a_certificate_that_fails_holds_up_no_other_and_says_since_when_it_can_seal_nothing(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    other = active_certificate(customer_row("Globex", clock.now()), clock.now())
    fetch_ahead(clock.now())
    now = clock.now() + MINUTE
    RevocationWatch.objects.update(due_at=now)
    RevocationAnswer.objects.filter(covers__endswith=f":{certificate.serial}").delete()
    pki.faults |= {"ocsp": "down", "crl": "down"}
    forget_everything()
    assert list(fetch_ahead(now)) == [certificate.id]
    queued = Job.objects.filter(kind="trust.refresh_revocation", created_at=now)
    assert {job.payload["certificate"] for job in queued} == {certificate.id, other.id}
    watch = RevocationWatch.objects.get(certificate=certificate)
    assert (watch.unknown_since, watch.due_at) == (now, now + MINUTE)
    assert RevocationWatch.objects.get(certificate=other).unknown_since is None
    (outage,) = outages_for(administrator(certificate.customer), now=now)
    assert (outage.kind, outage.since, outage.live) == ("revocation", now, True)
    assert outages_for(administrator(other.customer), now=now) == []

    assert fetch_ahead(now + MINUTE - TICK) == {}
    assert list(fetch_ahead(now + MINUTE)) == [certificate.id]
    assert RevocationWatch.objects.get(certificate=certificate).unknown_since == now
    pki.faults.clear()
    assert fetch_ahead(now + 3 * MINUTE) == {}
    assert outages_for(administrator(certificate.customer), now=now) == []


def test_a_certificate_is_asked_about_again_when_its_answer_is_at_half_of_its_life(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    now = clock.now()
    fetch_ahead(now)
    due_at = RevocationWatch.objects.get(certificate=certificate).due_at
    assert timedelta(minutes=25) < due_at - now <= LONGEST_PAUSE
    jobs = Job.objects.filter(kind="trust.refresh_revocation").count()
    assert prefetch_revocation(now=due_at - TICK) == 0
    assert prefetch_revocation(now=due_at) == 1
    assert prefetch_revocation(now=due_at) == 0, "its job is under way"
    assert Job.objects.filter(kind="trust.refresh_revocation").count() == jobs + 1


def test_an_address_that_fails_for_everybody_is_left_alone_by_whoever_can_wait(
    certificate: SealCertificate, pki: UnreliablePki
) -> None:
    RevocationAnswer.objects.all().delete()
    pki.faults |= {"ocsp": "error", "crl": "error"}
    now = clock.now()
    for second in range(7):
        forget_everything()
        refresh_revocation(certificate_id=certificate.id, now=now + timedelta(seconds=second))
    assert pki.asked.count("/ocsp/live-seals") == FAILURES_TO_OPEN
    source = RevocationSource.objects.get(kind="ocsp")
    assert (source.failures, source.failing_since) == (FAILURES_TO_OPEN, now)

    with pytest.raises(RevocationUnknown):  # a seal that waits asks all the same
        check_anew(certificate, now + timedelta(seconds=8))
    pki.faults.clear()
    assert check_anew(certificate, now + timedelta(seconds=9))
    source.refresh_from_db()
    assert (source.failures, source.failing_since) == (0, None)
