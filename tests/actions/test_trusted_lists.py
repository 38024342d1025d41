"""Trusted lists: which ones replace what is kept, and what they then say of a certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel import clock, runner
from kernel.models import Job
from tests.doubles.trusted_lists import (
    DAY,
    QTST,
    SIGNATURES,
    ListSite,
    Service,
    Signer,
    Status,
    TrustedListDraft,
    list_site,
    qualified_certificate,
    signer,
    signers_file,
)
from tests.factories.trusted_lists import COMMISSION, LITHUANIA, NOW, Europe, europe_at
from trust.actions.refresh_trusted_list import refresh_trusted_list
from trust.actions.refresh_trusted_lists import refresh_trusted_lists
from trust.models import TrustedEntry, TrustedList
from trust.queries.qualified import QualifiedStatus, qualified_status
from trust.rules.trusted_lists import EIDAS_BEGINS_AT, REFRESH_EVERY, RETRY_AFTER

TICK = timedelta(microseconds=1)
STRANGER = signer("Stranger")
SEAL_CA, OTHER_CA, TSA = signer("Seal CA"), signer("Another CA"), signer("Qualified timestamps")
GRANTED = Service(SEAL_CA, (Status(NOW - 1000 * DAY),))
ISSUED = NOW - 10 * DAY


@pytest.fixture(scope="module")
def site_at_work() -> Iterator[ListSite]:
    with list_site() as site:
        yield site


@pytest.fixture
def europe(site_at_work: ListSite, settings: Any, tmp_path: Path, db: None) -> Europe:
    return europe_at(site_at_work, settings, tmp_path)


def judged(
    issuer: Signer = SEAL_CA,
    *,
    kind: Any = "seal",
    begins: datetime = ISSUED,
    at: datetime = NOW,
    now: datetime = NOW,
    **certificate: Any,
) -> QualifiedStatus:
    der = qualified_certificate(issuer, begins=begins, **certificate)
    return qualified_status(certificate=der, chain=[issuer.der], kind=kind, at=at, now=now)


@pytest.mark.parametrize("version", [5, 6])
def test_a_seal_certificate_of_a_granted_service_is_qualified_by_the_list_that_says_so(
    europe: Europe, version: int
) -> None:
    europe.publish(GRANTED, version=version)
    europe.fetch()
    found = judged()
    assert (found.known, found.qualified, found.qscd, found.country) == (True, True, True, "LT")
    assert (found.service, found.list_issued_at, found.sequence_number) == ("Qualified seals of the test", NOW, 7)
    assert judged(device=False).qscd is False


def test_without_lists_or_with_lists_for_trying_out_nothing_is_known(
    europe: Europe, settings: Any, tmp_path: Path
) -> None:
    pretender = signer("Sealport Development Lists")
    settings.TRUSTED_LISTS_SIGNERS = signers_file(tmp_path, pretender)
    europe.publish(GRANTED)
    lists = TrustedListDraft("EU", NOW, pointers=(europe.pointer("LT", LITHUANIA),))
    europe.site.publish("/EU.xml", lists.signed(pretender))
    assert not judged().known
    europe.fetch()
    assert TrustedEntry.objects.count() == 1
    assert not judged().known
    assert "trying out" in judged().reason

    settings.TRUSTED_LISTS_URL = ""
    europe.site.asked.clear()
    europe.fetch()
    assert not europe.site.asked
    assert judged().reason == "No trusted lists are kept here."


def test_a_certificate_is_qualified_only_for_what_its_service_and_itself_say(europe: Europe) -> None:
    europe.publish(GRANTED, Service(OTHER_CA, (Status(NOW - 1000 * DAY, uses=(SIGNATURES,)),), name="For people"))
    europe.fetch()
    assert judged(claims=False).reason.endswith("is not a qualified one.")
    assert judged(OTHER_CA).qualified is False
    people = {"types": ("0.4.0.1862.1.6.1",)}
    assert judged(OTHER_CA, kind="signature", **people).qualified
    assert judged(OTHER_CA, kind="seal", **people).reason == "The certificate is qualified, but not for seals."
    assert judged(SEAL_CA, kind="signature").reason == "The certificate is qualified, but not for signatures."
    unlisted = judged(STRANGER)
    assert (unlisted.known, unlisted.qualified, unlisted.country) == (True, False, "LT")

    # Somebody who only writes a listed authority's name into a certificate is not issued by it.
    namesake = Signer(STRANGER.key, SEAL_CA.certificate)
    assert not judged(namesake).known
    assert not qualified_status(certificate=b"\x30\x03junk", chain=[], kind="seal", at=NOW, now=NOW).known


def test_a_service_counts_from_when_it_was_granted_until_it_was_withdrawn_at_issue_and_at_sealing(
    europe: Europe,
) -> None:
    granted, withdrawn = NOW - 600 * DAY, NOW - 100 * DAY
    history = (Status(withdrawn, "withdrawn"), Status(granted, named=False), Status(granted - 99 * DAY, "withdrawn"))
    europe.publish(Service(SEAL_CA, history))
    europe.fetch()
    before, within, after = granted - DAY, granted + DAY, withdrawn + DAY
    assert judged(begins=within, at=within + DAY).qualified
    for begins, at in ((before, within), (within, after), (after, after + DAY), (before, before)):
        found = judged(begins=begins, at=at)
        assert (found.known, found.qualified) == (True, False), (begins, at)
        assert "no qualified status at that time" in found.reason
    assert judged(begins=granted, at=granted).qualified
    assert not judged(begins=granted, at=granted - TICK).qualified
    assert not judged(begins=EIDAS_BEGINS_AT, at=EIDAS_BEGINS_AT - TICK).known


def _qualifier(name: str) -> str:
    """What a list adds for certificates without a policy that ours do not have: all of ours."""
    base, xades = (
        "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#",
        "http://uri.etsi.org/01903/v1.3.2#",
    )
    return (
        f'<Extension Critical="true"><s:Qualifications xmlns:s="{base}"><s:QualificationElement><s:Qualifiers>'
        f'<s:Qualifier uri="http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/{name}"/></s:Qualifiers>'
        f'<s:CriteriaList assert="none"><s:PolicySet><s:PolicyIdentifier><x:Identifier xmlns:x="{xades}">1.2.3'
        "</x:Identifier></s:PolicyIdentifier></s:PolicySet></s:CriteriaList></s:QualificationElement></s:Qualifications>"
        "</Extension>"
    )


@pytest.mark.parametrize(
    ("extra", "answer"),
    [
        (_qualifier("QCNoQSCD"), (True, True, False)),
        (_qualifier("QCWithQSCD"), (True, True, True)),
        (_qualifier("NotQualified"), (True, False, None)),
        (_qualifier("QCForESig"), (True, False, None)),
        ('<Extension Critical="true"><New xmlns="urn:new"/></Extension>', (False, False, None)),
    ],
)
def test_what_a_list_says_of_a_services_certificates_overrides_what_they_say(
    europe: Europe, extra: str, answer: tuple[bool, bool, bool | None]
) -> None:
    europe.publish(Service(SEAL_CA, (Status(NOW - 1000 * DAY, extra=extra, uses=()),)))
    europe.fetch()
    found = judged(device="NoQSCD" in extra)
    assert (found.known, found.qualified, found.qscd) == answer


def test_timestamps_are_qualified_by_the_certificate_of_the_service_or_by_its_authority(europe: Europe) -> None:
    tsa = Service(TSA, (Status(NOW - 9 * DAY, uses=()),), kind=QTST, name="Time")
    europe.publish(tsa, GRANTED)
    europe.fetch()

    def stamped(certificate: bytes, chain: list[bytes], at: datetime = NOW) -> QualifiedStatus:
        return qualified_status(certificate=certificate, chain=chain, kind="timestamp", at=at, now=NOW)

    assert stamped(TSA.der, []).qualified
    assert stamped(qualified_certificate(TSA, begins=ISSUED), [TSA.der]).service == "Time"
    assert not stamped(TSA.der, [], at=NOW - 9 * DAY - TICK).qualified
    assert not stamped(qualified_certificate(SEAL_CA, begins=ISSUED), [SEAL_CA.der]).qualified


def broken(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new, 1)


def _good(**changes: Any) -> TrustedListDraft:
    return replace(TrustedListDraft("LT", NOW, number=8, services=(GRANTED,)), **changes)


def _wrapped() -> bytes:
    """The genuine list moved into an object of its signature, with another list around it."""
    genuine = _good().signed(LITHUANIA)
    body = genuine[genuine.index(b"<TrustServiceStatusList") :]
    signature = body[body.index(b"<ds:Signature") : body.index(b"</ds:Signature>")]
    forged = _good(services=(Service(STRANGER, (Status(NOW - DAY),)),)).xml().encode()
    forged = broken(forged, b'Id="list"', b'Id="forged"')
    inside = broken(body, b"<ds:Signature", b"<ds:Signature")
    return broken(
        forged,
        b"</TrustServiceStatusList>",
        signature + b"<ds:Object>" + inside + b"</ds:Object></ds:Signature></TrustServiceStatusList>",
    )


DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
HEAD = b"<?xml version='1.0' encoding='UTF-8'?>\n"
OFFERED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a page in HTML": ("unreadable", lambda: b"<!DOCTYPE html><html>Server temporarily unavailable</html>"),
    "a page that is XML": ("unreadable", lambda: b"<html>Server temporarily unavailable</html>"),
    "nothing": ("unreadable", lambda: b""),
    "half of it": ("unreadable", lambda: _good().signed(LITHUANIA)[:-200]),
    "too much": ("no reply", lambda: _good().signed(LITHUANIA) + b" " * 16 * 1024 * 1024),
    "entities": ("unreadable", lambda: broken(_good().signed(LITHUANIA), HEAD, HEAD + DOCTYPE)),
    "a file of ours": ("unreadable", lambda: broken(_good().signed(LITHUANIA), HEAD, HEAD + EXTERNAL)),
    "another encoding": ("unreadable", lambda: _good().xml().encode("utf-16")),
    "a declared encoding": ("unreadable", lambda: broken(_good().signed(LITHUANIA), b"'UTF-8'", b"'UTF-7'")),
    "a deep well": (
        "unreadable",
        lambda: broken(_good().xml().encode(), b"<NextUpdate>", b"<a>" * 99 + b"</a>" * 99 + b"<NextUpdate>"),
    ),
    "no signature": ("signature", lambda: _good().xml().encode()),
    "a stranger's signature": ("signature", lambda: _good().signed(STRANGER)),
    "a changed name": ("signature", lambda: broken(_good().signed(LITHUANIA), b"of the test", b"of the best")),
    "a list around a list": ("signature", _wrapped),
    "a signer of the past": (
        "signature",
        lambda: _good().signed(signer("Old", begins=NOW - 800 * DAY, years=1)),
    ),
    "another country's": ("another_list", lambda: _good(territory="LV").signed(LITHUANIA)),
    "version 4": ("version", lambda: _good(version=4).signed(LITHUANIA)),
    "version 7": ("version", lambda: _good(version=7).signed(LITHUANIA)),
    "an older number": ("older", lambda: _good(number=6).signed(LITHUANIA)),
    "an older edition of this number": ("older", lambda: _good(number=7, issued_at=NOW - DAY).signed(LITHUANIA)),
    "one that has ended": ("expired", lambda: _good(issued_at=NOW - 30 * DAY).signed(LITHUANIA)),
    "one that is closed": ("closed", lambda: _good(lasts=None).signed(LITHUANIA)),
    "one of tomorrow": ("from_the_future", lambda: _good(issued_at=NOW + DAY).signed(LITHUANIA)),
}


@pytest.mark.parametrize(("fault", "content"), OFFERED.values(), ids=OFFERED)
def test_nothing_bad_replaces_the_last_good_list(europe: Europe, fault: str, content: Callable[[], bytes]) -> None:
    europe.publish(GRANTED)
    europe.point(LITHUANIA, signer("Old", begins=NOW - 800 * DAY, years=1))
    europe.fetch()
    europe.offer(content())
    europe.fetch()
    row = TrustedList.objects.get(territory="LT")
    assert row.last_error.startswith(fault), row.last_error
    assert (row.sequence_number, row.last_error_at) == (7, NOW)
    assert judged().qualified

    europe.offer(_good().signed(LITHUANIA))
    europe.fetch()
    row.refresh_from_db()
    assert (row.sequence_number, row.last_error, TrustedEntry.objects.count()) == (8, "", 1)


def test_an_outage_keeps_the_list_until_it_promised_a_new_one(europe: Europe, settings: Any) -> None:
    europe.publish(GRANTED)
    europe.fetch()
    for status in (500, 302):
        europe.offer(b"<html/>", status=status)
        europe.site.publish("/EU.xml", b"<html/>", status=status)
        europe.fetch()
        assert TrustedList.objects.get(territory="LT").last_error == f"HTTP {status} from 127.0.0.1"
    settings.TRUSTED_LISTS_HOSTS = ["elsewhere.test"]
    europe.site.asked.clear()
    europe.fetch()
    assert europe.site.asked == []
    assert "TRUSTED_LISTS_HOSTS" in TrustedList.objects.get(territory="EU").last_error
    ends = NOW + 30 * DAY
    assert judged(now=ends - TICK).qualified
    assert not judged(now=ends).known


def test_a_first_refresh_that_fails_is_made_good_by_the_next(europe: Europe) -> None:
    europe.fetch()
    assert not judged().known
    europe.publish(GRANTED, by=STRANGER)
    europe.fetch()
    assert not judged().known
    europe.publish(GRANTED)
    europe.fetch()
    assert judged().qualified


def test_signers_are_handed_on_by_editions_that_those_before_them_signed(europe: Europe) -> None:
    heir, grandchild = signer("Heir"), signer("Grandchild")
    europe.publish(GRANTED)

    def lists(*pivots: str, names: Signer, issued_at: datetime, by: Signer) -> bytes:
        pointers = (europe.pointer("LT", LITHUANIA), europe.pointer("EU", names))
        return TrustedListDraft("EU", issued_at, pointers=pointers, pivots=pivots).signed(by)

    first = europe.site.publish("/p1.xml", lists(names=heir, issued_at=NOW - 400 * DAY, by=COMMISSION))
    second = europe.site.publish("/p2.xml", lists(first, names=grandchild, issued_at=NOW - 300 * DAY, by=heir))
    europe.site.publish("/EU.xml", lists(second, first, names=grandchild, issued_at=NOW, by=grandchild))
    europe.fetch()
    assert judged().qualified

    TrustedList.objects.all().delete()
    europe.site.publish("/p2.xml", lists(first, names=STRANGER, issued_at=NOW - 300 * DAY, by=STRANGER))
    europe.site.publish("/EU.xml", lists(second, first, names=STRANGER, issued_at=NOW, by=STRANGER))
    europe.fetch()
    assert not judged().known
    assert TrustedList.objects.get(territory="EU").last_error.startswith("signature")


def test_a_country_that_is_pointed_at_no_more_says_nothing_and_another_address_is_another_world(
    europe: Europe, settings: Any
) -> None:
    europe.publish(GRANTED)
    europe.fetch()
    latvia = TrustedListDraft("EU", NOW + DAY, number=8, pointers=(europe.pointer("LV", LITHUANIA),))
    europe.site.publish("/EU.xml", latvia.signed(COMMISSION))
    europe.fetch(NOW + 2 * DAY)
    assert not judged(now=NOW + 2 * DAY).qualified

    settings.TRUSTED_LISTS_URL = europe.site.publish("/other.xml", b"<html/>")
    europe.fetch(NOW + 2 * DAY)
    assert list(TrustedList.objects.values_list("territory", flat=True)) == ["EU"]


def test_each_country_is_renewed_by_a_job_of_its_own(europe: Europe) -> None:
    now = clock.now()
    europe.publish(GRANTED, issued_at=now - DAY)
    europe.point(LITHUANIA, issued_at=now - DAY)
    for _time in range(2):
        refresh_trusted_lists(now=now)
    runner.drain()
    assert Job.objects.get(kind="trust.refresh_trusted_list").payload == {"territory": "LT"}
    assert TrustedList.objects.get(territory="LT").sequence_number == 7


def test_lists_are_renewed_every_six_hours_and_an_hour_after_a_failure(europe: Europe) -> None:
    def asked_at(now: datetime) -> list[str]:
        europe.site.asked.clear()
        refresh_trusted_lists(now=now, only_due=True)
        for job in Job.objects.filter(kind="trust.refresh_trusted_list", created_at=now):
            refresh_trusted_list(territory=job.payload["territory"], now=now)
        return europe.site.asked

    europe.publish(GRANTED)
    assert asked_at(NOW) == ["/EU.xml", "/LT.xml"]
    assert asked_at(NOW + REFRESH_EVERY - TICK) == []
    europe.offer(b"<html/>")
    failed_at = NOW + REFRESH_EVERY
    assert asked_at(failed_at) == ["/EU.xml", "/LT.xml"]
    assert asked_at(failed_at + RETRY_AFTER - TICK) == []
    assert asked_at(failed_at + RETRY_AFTER) == ["/LT.xml"]
