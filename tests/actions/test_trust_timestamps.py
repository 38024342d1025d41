"""Timestamps: what is believed, who is asked next, and what is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms

from kernel import clock
from tests.doubles.lying_tsa import LIES, POLICY, LyingTsa, anchors_file, lying_tsa
from tests.factories.trust import fetch_ahead
from trust.actions.foresee_timestamp_evidence import foresee_timestamp_evidence
from trust.actions.obtain_timestamp import TimestampUnavailable, obtain_timestamp
from trust.actions.probe_timestamp_authorities import probe_timestamp_authorities
from trust.gateways import http
from trust.models import RevocationAnswer, TimestampAuthority, TimestampIssued
from trust.queries.pool import timestamp_authorities
from trust.rules.authorities import LONGEST_REST
from trust.rules.timestamp_answers import HONEST, TimestampFault

IMPRINT = sha256(b"a seal").digest()


@pytest.fixture(scope="module")
def liar_at_work() -> Iterator[LyingTsa]:
    with lying_tsa() as tsa:
        yield tsa


@pytest.fixture
def liar(liar_at_work: LyingTsa, db: None, settings: Any, tmp_path: Path) -> LyingTsa:
    """First in the live pool, trusted, followed by an honest authority of the development PKI."""
    honest = settings.TSA_URLS[1]
    settings.TSA_URLS = [liar_at_work.url, honest]
    settings.TRUST_ANCHORS = anchors_file(tmp_path, Path(settings.TRUST_ANCHORS).read_bytes(), liar_at_work.anchor())
    liar_at_work.lie, liar_at_work.asked, liar_at_work.first_answer = None, 0, b""
    return liar_at_work


def test_an_honest_answer_is_believed_and_its_serial_kept(liar: LyingTsa) -> None:
    now = clock.now()
    stamp = obtain_timestamp(imprint=IMPRINT, live=True, now=now)
    assert liar.asked == 1
    assert stamp.authority == liar.url.removeprefix("http://")
    assert abs(stamp.time - now) < timedelta(seconds=5)
    assert cms.ContentInfo.load(stamp.token)["content_type"].native == "signed_data"
    assert [len(stamp.evidence.certificates), len(stamp.evidence.crls), len(stamp.evidence.ocsps)] == [2, 1, 0]
    assert TimestampIssued.objects.get().serial == stamp.serial


@pytest.mark.parametrize(("lie", "found"), LIES.items())
def test_a_lie_is_refused_and_the_next_authority_asked(liar: LyingTsa, settings: Any, lie: str, found: str) -> None:
    if lie == "uses another policy":
        honest = obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())
        settings.TSA_POLICIES = [POLICY, _policy_of_the_development_pki(settings)]
        assert honest.authority != settings.TSA_URLS[1]
    liar.lie = lie
    if lie in {"replays its first answer", "repeats a serial number"}:
        obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())  # the first time there is nothing wrong with it

    stamp = obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())

    assert stamp.authority.endswith("/tsa/b")
    row = TimestampAuthority.objects.get(url=liar.url)
    assert row.failures == 1
    assert row.last_error.startswith(found)
    assert (row.rest_until is None) == (TimestampFault(found) in HONEST)


def _policy_of_the_development_pki(settings: Any) -> str:
    token = obtain_timestamp(imprint=IMPRINT, live=False, now=clock.now()).token
    policy = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed["policy"]
    return str(policy.dotted)


def test_when_nobody_can_be_believed_the_outage_names_everyone(liar: LyingTsa, settings: Any) -> None:
    liar.lie = "changes the nonce"
    settings.TSA_URLS = [liar.url, "http://127.0.0.1:9/tsa"]
    with pytest.raises(TimestampUnavailable) as outage:
        obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())
    assert f"{liar.url.removeprefix('http://')} (nonce)" in str(outage.value.detail)
    assert "127.0.0.1:9/tsa (no_reply)" in str(outage.value.detail)

    with pytest.raises(TimestampUnavailable) as again:
        obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())
    assert "resting" in str(again.value.detail)
    assert liar.asked == 1

    settings.TSA_URLS = []
    with pytest.raises(TimestampUnavailable):
        obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())


def test_a_liar_rests_for_a_minute_and_is_welcome_again_when_it_answers_well(liar: LyingTsa) -> None:
    now = clock.now()
    liar.lie = "breaks its signature"
    obtain_timestamp(imprint=IMPRINT, live=True, now=now)
    rest_until = TimestampAuthority.objects.get(url=liar.url).rest_until
    assert rest_until == now + LONGEST_REST

    liar.lie = None
    obtain_timestamp(imprint=IMPRINT, live=True, now=now + timedelta(seconds=1))
    assert liar.asked == 1
    TimestampAuthority.objects.filter(url=liar.url).update(rest_until=now)
    assert "/tsa/b" not in obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now()).authority
    row = TimestampAuthority.objects.get(url=liar.url)
    assert (row.failures, row.rest_until) == (0, None)


def test_a_probe_ends_the_rest_of_an_authority_that_is_well(liar: LyingTsa) -> None:
    liar.lie = "answers HTTP 500"
    for _attempt in range(3):
        obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())
    now = clock.now()
    assert [one.resting for one in timestamp_authorities(now=now) if one.live] == [True, False]
    assert list(probe_timestamp_authorities(now=now).values()) == ["http_status"]

    liar.lie = None
    assert probe_timestamp_authorities(now=clock.now()) == {}
    asked = liar.asked
    assert probe_timestamp_authorities(now=clock.now()) == {}
    assert liar.asked == asked, "an authority that has just issued is not probed"
    assert [one.resting for one in timestamp_authorities(now=now) if one.live] == [False, False]


def test_a_slow_authority_costs_its_time_limit_and_the_next_ones_time_is_still_right(
    liar: LyingTsa, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from socket import create_server

    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.3)
    http._pool.forget()
    with create_server(("127.0.0.1", 0)) as silent:
        settings.TSA_URLS = [f"http://127.0.0.1:{silent.getsockname()[1]}/tsa", settings.TSA_URLS[1]]
        assert obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now()).authority.endswith("/tsa/b")
    http._pool.forget()
    assert TimestampAuthority.objects.get(position=0, live=True, enlisted=True).last_error.startswith("no_reply")


def test_an_authority_taken_out_of_the_settings_is_asked_no_more(liar: LyingTsa, settings: Any) -> None:
    obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())
    settings.TSA_URLS = settings.TSA_URLS[1:]
    assert obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now()).authority.endswith("/tsa/b")
    assert liar.asked == 1
    assert TimestampIssued.objects.count() == 2


def test_answers_about_the_signers_of_timestamps_are_fetched_ahead(liar: LyingTsa) -> None:
    now = clock.now()
    obtain_timestamp(imprint=IMPRINT, live=True, now=now)
    RevocationAnswer.objects.update(fetched_at=now - timedelta(hours=2))
    assert fetch_ahead(now) == {}
    assert set(RevocationAnswer.objects.values_list("fetched_at", flat=True)) == {now}


def test_the_proof_of_the_next_timestamp_is_foreseen_without_asking_again(liar: LyingTsa) -> None:
    foreseen = foresee_timestamp_evidence(live=True, now=clock.now())
    assert liar.asked == 1, "an authority never seen is asked for one token, to learn its certificate"
    again = foresee_timestamp_evidence(live=True, now=clock.now())
    assert liar.asked == 1
    assert foreseen is not None
    assert again is not None
    stamp = obtain_timestamp(imprint=IMPRINT, live=True, now=clock.now())
    assert foreseen.certificates == again.certificates == stamp.evidence.certificates

    liar.lie = "has been revoked"
    TimestampAuthority.objects.update(signer=None, signer_chain=[])
    assert foresee_timestamp_evidence(live=True, now=clock.now()) is None


def test_live_and_test_timestamps_come_from_their_own_pools(liar: LyingTsa) -> None:
    assert obtain_timestamp(imprint=IMPRINT, live=False, now=clock.now()).authority.endswith("/tsa/test")
    assert liar.asked == 0
