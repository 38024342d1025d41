"""Decisions about certificates, answers and authorities, at and around their limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust.rules.authorities import LONGEST_REST, Authority, in_turn, rest_after_failure
from trust.rules.certificates import SEALING_MARGIN, CertificateFacts, Misfit, Validity, misfits, validity
from trust.rules.revocation import LONGEST_PAUSE, UNBOUNDED_ANSWER_LIFE, refresh_due_at, usable_until
from trust.rules.timestamp_answers import (
    CLOCK_TOLERANCE,
    TimestampAnswer,
    TimestampAsked,
    TimestampFault,
    TokenFacts,
    fault,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
YEAR = timedelta(days=365)

ASKED = TimestampAsked(b"i" * 32, 42, frozenset({"1.2.3"}), NOW, NOW + timedelta(seconds=2))
TOKEN = TokenFacts(
    nonce=42,
    imprint_algorithm="sha256",
    imprint=b"i" * 32,
    policy="1.2.3",
    serial=7,
    generated_at=NOW + timedelta(seconds=1),
    signed=True,
    digest_matches=True,
    signer_named=True,
    only_timestamps=True,
    trusted=True,
)
GRANTED = TimestampAnswer(200, "application/timestamp-reply", "granted", TOKEN)

# Every way in which a token can be wrong, in the order in which it is looked for.
WRONG_TOKENS = {
    TimestampFault.NONCE: {"nonce": 43},
    TimestampFault.IMPRINT_ALGORITHM: {"imprint_algorithm": "sha1"},
    TimestampFault.IMPRINT: {"imprint": b"j" * 32},
    TimestampFault.POLICY: {"policy": "1.2.4"},
    TimestampFault.SERIAL_TOO_LONG: {"serial": 1 << 160},
    TimestampFault.SIGNATURE: {"signed": False},
    TimestampFault.CONTENT_DIGEST: {"digest_matches": False},
    TimestampFault.SIGNING_CERTIFICATE: {"signer_named": False},
    TimestampFault.PURPOSE: {"only_timestamps": False},
    TimestampFault.UNTRUSTED: {"trusted": False},
    TimestampFault.TIME: {"generated_at": NOW + YEAR},
}


def test_an_answer_with_every_proof_is_believed() -> None:
    assert fault(ASKED, GRANTED) is None
    assert fault(ASKED, replace(GRANTED, token=replace(TOKEN, serial=(1 << 160) - 1))) is None
    assert fault(ASKED, replace(GRANTED, content_type="Application/Timestamp-Reply; charset=binary")) is None
    assert fault(replace(ASKED, policies=frozenset()), replace(GRANTED, token=replace(TOKEN, policy="9"))) is None


@given(st.sets(st.sampled_from(list(WRONG_TOKENS)), min_size=1))
def test_of_several_faults_in_a_token_the_outermost_is_named(wrong: set[TimestampFault]) -> None:
    changes = {name: value for found in wrong for name, value in WRONG_TOKENS[found].items()}
    first = next(found for found in WRONG_TOKENS if found in wrong)
    assert fault(ASKED, replace(GRANTED, token=replace(TOKEN, **changes))) is first


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"http_status": 500, "content_type": "text/html", "status": None}, TimestampFault.HTTP_STATUS),
        ({"http_status": 302}, TimestampFault.HTTP_STATUS),
        ({"content_type": "text/html", "status": None}, TimestampFault.CONTENT_TYPE),
        ({"status": None}, TimestampFault.MALFORMED),
        ({"status": "granted_with_mods"}, TimestampFault.CHANGED_BY_AUTHORITY),
        ({"status": "rejection", "token": None}, TimestampFault.REJECTED),
        ({"status": "waiting", "token": None}, TimestampFault.REJECTED),
        ({"token": None}, TimestampFault.MALFORMED),
    ],
)
def test_the_envelope_is_judged_before_its_content(changes: dict[str, object], expected: TimestampFault) -> None:
    assert fault(ASKED, replace(GRANTED, **changes)) is expected


def test_the_time_of_a_token_lies_within_five_seconds_of_the_exchange() -> None:
    def judged(generated_at: datetime) -> TimestampFault | None:
        return fault(ASKED, replace(GRANTED, token=replace(TOKEN, generated_at=generated_at)))

    earliest, latest = ASKED.asked_at - CLOCK_TOLERANCE, ASKED.answered_at + CLOCK_TOLERANCE
    assert judged(earliest - TICK) is TimestampFault.TIME
    assert judged(earliest) is None
    assert judged(latest) is None
    assert judged(latest + TICK) is TimestampFault.TIME


def test_validity_includes_both_ends_and_ends_early_for_new_seals() -> None:
    begins, ends = NOW, NOW + YEAR

    def at(moment: datetime) -> Validity:
        return validity(begins, ends, now=moment)

    assert [at(begins - TICK), at(begins)] == [Validity.NOT_YET, Validity.VALID]
    assert [at(ends - SEALING_MARGIN), at(ends - SEALING_MARGIN + TICK)] == [Validity.VALID, Validity.ENDING]
    assert [at(ends), at(ends + TICK)] == [Validity.ENDING, Validity.EXPIRED]


FITTING = CertificateFacts(
    subject="CN=Acme",
    issuer="CN=CA",
    serial="1f",
    not_before=NOW - YEAR,
    not_after=NOW + YEAR,
    public_key=b"key",
    key_algorithm="ec-p256",
    key_usage=frozenset({"content_commitment"}),
    is_authority=False,
    for_electronic_seal=True,
    qualified=True,
    on_secure_device=True,
    fingerprint="00",
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"key_usage": frozenset()}, ()),
        ({"key_usage": frozenset({"digital_signature", "key_encipherment"})}, ()),
        ({"key_usage": frozenset({"key_encipherment"})}, (Misfit.KEY_USAGE,)),
        ({"public_key": b"other"}, (Misfit.KEY_MISMATCH,)),
        ({"is_authority": True}, (Misfit.AUTHORITY,)),
        ({"not_before": NOW + TICK}, (Misfit.NOT_YET_VALID,)),
        ({"not_after": NOW}, (Misfit.EXPIRED,)),
        ({"for_electronic_seal": False}, (Misfit.NOT_FOR_SEALS,)),
        ({"qualified": False, "on_secure_device": False}, (Misfit.NOT_QUALIFIED, Misfit.NOT_ON_DEVICE)),
        ({"is_authority": True, "public_key": b"other"}, (Misfit.KEY_MISMATCH, Misfit.AUTHORITY)),
    ],
)
def test_a_certificate_fits_its_key_and_purpose(changes: dict[str, object], expected: tuple[Misfit, ...]) -> None:
    assert misfits(replace(FITTING, **changes), key=b"key", live=True, now=NOW) == expected


def test_a_test_certificate_need_not_be_qualified_and_none_may_end_before_what_was_ordered() -> None:
    unqualified = replace(FITTING, qualified=False, on_secure_device=False, for_electronic_seal=False)
    assert misfits(unqualified, key=b"key", live=False, now=NOW) == ()
    for late, expected in ((-TICK, ()), (timedelta(0), ()), (TICK, (Misfit.TOO_SHORT,))):
        found = misfits(FITTING, key=b"key", live=True, now=NOW, lasting_until=FITTING.not_after + late)
        assert found == expected


@given(st.none() | st.timedeltas(timedelta(0), YEAR))
def test_an_answer_is_asked_for_again_before_it_ends(life: timedelta | None) -> None:
    next_update = None if life is None else NOW + life
    ends = usable_until(next_update=next_update, fetched_at=NOW)
    due = refresh_due_at(next_update=next_update, fetched_at=NOW)
    assert NOW <= due <= ends or life == timedelta(0)
    assert due - NOW <= LONGEST_PAUSE
    assert ends == (NOW + UNBOUNDED_ANSWER_LIFE if life is None else NOW + life)


def authority(position: int, **state: object) -> Authority:
    return replace(Authority(id=f"tsa_{position}", name=f"TSA {position}", url="", position=position), **state)


def test_authorities_are_asked_in_the_operators_order_and_left_alone_while_they_rest() -> None:
    resting = authority(1, rest_until=NOW + TICK)
    rested = authority(2, rest_until=NOW)
    assert in_turn([authority(3), rested, resting], now=NOW) == [rested, authority(3)]


def test_silence_opens_the_breaker_after_three_failures_and_a_lie_at_once() -> None:
    rests = [rest_after_failure(failures, lied=False, now=NOW) for failures in range(1, 9)]
    seconds = [rest and (rest - NOW).total_seconds() for rest in rests]
    assert seconds == [None, None, 5, 10, 20, 40, 60, 60]
    assert rest_after_failure(1, lied=True, now=NOW) == NOW + LONGEST_REST
    assert rest_after_failure(10_000_000, lied=False, now=NOW) == NOW + LONGEST_REST
