"""The register of VAT numbers: an answer is taken for what it is, and anything else is none (B19)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing.gateways import vies
from billing.gateways.vies import Vies, ViesAnswer, ViesDown
from tests.doubles.vies import (
    Conduct,
    FakeVies,
    about_another,
    answer,
    failing,
    fake_vies,
    saying,
    sending,
    trickling,
)

LATVIAN, US = ("LV", "40003032949"), ("LT", "100001919017")
QUESTION = {"countryCode": "LV", "vatNumber": "40003032949"}


@pytest.fixture
def double() -> Iterator[FakeVies]:
    with fake_vies() as running:
        yield running


def ask(double: FakeVies) -> ViesAnswer:
    return Vies(double.url).check(number=LATVIAN, requester=US)


def test_a_number_is_asked_for_in_our_name_and_the_consultation_is_kept(double: FakeVies) -> None:
    double.valid = {"LV40003032949"}
    told = ask(double)

    assert (told.valid, told.consultation_number) == (True, "WAPIAAAAZ0000001")
    assert (told.name, told.address) == ("SIA PIRCĒJS", "Brīvības iela 1, Rīga")
    assert told.raw["requestDate"] == "2026-11-23T09:30:00.000Z"
    assert double.asked == [QUESTION | {"requesterMemberStateCode": "LT", "requesterNumber": "100001919017"}]


def test_a_number_that_nobody_has_is_an_answer_too(double: FakeVies) -> None:
    told = ask(double)
    assert (told.valid, told.name, told.consultation_number) == (False, "", "")


@pytest.mark.parametrize(
    "conduct",
    [
        failing("MS_UNAVAILABLE"),
        failing("MS_MAX_CONCURRENT_REQ", status=500),
        failing("INVALID_INPUT", status=400),
        about_another,
        saying(answer(QUESTION, valid=True) | {"countryCode": "EE"}),
        saying(answer(QUESTION, valid=True) | {"valid": "true"}),
        saying(answer(QUESTION, valid=False) | {"userError": "MS_UNAVAILABLE"}),
        saying({"actionSucceed": False}),
        saying([answer(QUESTION, valid=True)]),
        saying({}),
        sending(b"<html>Down for maintenance</html>"),
        sending(b""),
        sending(b"\xff\xfe"),
        sending(b" " * 70_000),
    ],
)
def test_whatever_is_no_plain_answer_is_no_answer(double: FakeVies, conduct: Conduct) -> None:
    double.conduct = conduct
    with pytest.raises(ViesDown):
        ask(double)


def test_nobody_waits_longer_than_the_limit(double: FakeVies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vies, "TIMEOUT_SECONDS", 0.2)
    double.conduct = trickling
    with pytest.raises(ViesDown):
        ask(double)


def test_a_register_that_is_not_there_or_not_configured_is_down() -> None:
    with fake_vies() as gone:
        pass
    for url in (gone.url, ""):
        with pytest.raises(ViesDown):
            Vies(url).check(number=LATVIAN, requester=US)
