"""Versions of legal documents: announced ahead, told once, accepted or gone on with, and what bound on a day."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.actions.accept_documents import NothingToAccept, accept_documents
from accounts.actions.announce_documents import announce_documents
from accounts.actions.file_document import file_document
from accounts.actions.publish_document import AnnouncedTooLate, TextNotReadable, publish_document
from accounts.actions.tell_of_document import tell_of_document
from accounts.models import Acceptance, Customer, LegalDocument, LegalFile, LegalNotice, Notice
from accounts.queries.documents import bound_on, documents_in_force, to_accept
from accounts.queries.export import contract_facts
from billing.models import SpecialTerms
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput
from kernel.models import Job
from privacy.queries.binding import binding_of, binding_on
from tests.cast import Cast, Customers

SYSTEM = Actor.system("tests")
DAY = timedelta(days=1)
AHEAD = timedelta(days=30)


def announced(now: datetime, **other: Any) -> LegalDocument:
    """A version of the terms that holds from 30 days on, unless something else is said."""
    wish: dict[str, Any] = {
        "kind": "terms",
        "audience": "all",
        "country": "",
        "texts": {"en": "# Terms\n\nPay within {{due_days}} days.\n"},
        "effective_on": clock.legal_date(now) + AHEAD,
        "needs_acceptance": False,
    }
    return publish_document(actor=SYSTEM, now=now, **(wish | other))


def terms_of(cast: Cast, on: date) -> str:
    [bound] = [each for each in bound_on(cast.acme, on=on) if each.document.kind == "terms"]
    return bound.document.version


def tell_all(now: datetime) -> None:
    """Carry out the tellings that are queued."""
    announce_documents(now=now)
    for job in Job.objects.filter(kind="accounts.tell_of_document", state="queued"):
        tell_of_document(actor=SYSTEM, document_id=job.payload["document"], customer_id=job.customer_id or "", now=now)


def test_a_version_is_announced_thirty_days_ahead_and_not_a_day_less(db: None) -> None:
    now = clock.now()
    today = clock.legal_date(now)
    with pytest.raises(AnnouncedTooLate):
        announced(now, effective_on=today + AHEAD - DAY)
    document = announced(now, texts={"en": "# Terms\n\nIn {{due_days}}.", "lt": "# Sąlygos\n\nPer {{due_days}}."})
    rows = LegalDocument.objects.filter(kind="terms", version=document.version)
    assert {(row.language, row.title, row.text) for row in rows} == {
        ("en", "Terms", "In 30.\n"),
        ("lt", "Sąlygos", "Per 30.\n"),
    }
    assert documents_in_force(today)[0].version == "2026-1"
    assert documents_in_force(today + AHEAD - DAY)[0].version == "2026-1"
    assert documents_in_force(today + AHEAD, language="lt")[0].title == "Sąlygos"


def test_the_first_of_a_kind_may_hold_at_once_and_no_second(db: None) -> None:
    now = clock.now()
    today = clock.legal_date(now)
    assert announced(now, kind="cookies", effective_on=today).first
    with pytest.raises(AnnouncedTooLate):
        announced(now, kind="cookies", effective_on=today + AHEAD - DAY, country="LT")
    with pytest.raises(AnnouncedTooLate):
        announced(now, kind="aup", effective_on=today - DAY)


def columns(document: LegalDocument, **other: Any) -> Mapping[str, Any]:
    kept = {field.attname: getattr(document, field.attname) for field in document._meta.fields if field.attname != "id"}
    return kept | other


def test_the_database_itself_keeps_the_thirty_days_and_what_was_announced(db: None) -> None:
    document = announced(clock.now())
    wrong: list[dict[str, Any]] = [
        {"version": "x", "effective_on": document.announced_on + AHEAD - DAY},
        {"version": "x", "effective_on": document.announced_on, "first": True},
        {"language": "lt", "effective_on": document.effective_on + DAY},
        {"language": "lt", "announced_at": document.announced_at + DAY},
        {"language": "lt", "country": "LT"},
        {"language": "lt", "audience": "api"},
        {"language": "lt", "needs_acceptance": True},
        {"audience": "api", "country": "LT"},
        {  # put below what was announced later
            "version": "x",
            "announced_at": document.announced_at - DAY,
            "announced_on": document.announced_on - 400 * DAY,
            "effective_on": document.announced_on - 300 * DAY,
        },
    ]
    for each in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            LegalDocument.objects.create(**columns(document, **each))
    for change in (LegalDocument.objects.all().delete, lambda: LegalDocument.objects.update(title="Other")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    LegalDocument.objects.create(**columns(document, language="lt"))


@pytest.mark.usefixtures("transactional_db")
def test_nothing_is_put_beside_a_text_that_was_announced_and_nothing_is_emptied() -> None:
    document = announced(clock.now(), texts={"en": "# Terms\n\nPay.", "lt": "# Sąlygos\n\nMokėkite."})
    for language in ("lv", "et"):
        with pytest.raises(IntegrityError):
            LegalDocument.objects.create(**columns(document, language=language))
    for table in ("legaldocument", "legalfile", "legalnotice", "acceptance"):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE accounts_{table} CASCADE")
    assert LegalDocument.objects.filter(version=document.version, kind="terms").count() == 2


def test_only_staff_announce_and_only_what_can_be_read(cast: Cast) -> None:
    now = clock.now()
    with pytest.raises(Forbidden):
        publish_document(
            actor=cast.alice.actor,
            kind="terms",
            audience="all",
            country="",
            texts={"en": "# Terms\n\nMine."},
            effective_on=clock.legal_date(now) + AHEAD,
            needs_acceptance=False,
            now=now,
        )
    for unreadable in ("No title", "# Terms\n\n{{unknown}} days"):
        with pytest.raises(TextNotReadable) as refused:
            announced(now, texts={"en": unreadable})
        assert refused.value.errors[0].pointer == "/text_en"
    for misfit in ({"kind": "special"}, {"audience": "some"}, {"country": "lt"}, {"texts": {"lt": "# S\n\nT"}}):
        with pytest.raises(InvalidInput):
            announced(now, **misfit)


def test_every_customer_concerned_is_told_once_however_often_it_is_asked_for(cast: Cast) -> None:
    now = clock.now()
    Customer.objects.filter(id=cast.globex.id).update(country="LV")
    everybody, latvians = announced(now), announced(now, kind="aup", country="LV")
    for_api = announced(now, kind="dpa", audience="api")
    tell_all(now)
    tell_all(now + DAY)
    told = set(LegalNotice.objects.values_list("document_id", "customer_id"))
    assert told == {(everybody.id, cast.acme.id), (everybody.id, cast.globex.id), (latvians.id, cast.globex.id)}
    cast.alice.token()
    tell_all(now)
    assert LegalNotice.objects.filter(document=for_api).get().customer_id == cast.acme.id
    notices = Notice.objects.filter(kind="legal.announced", customer=cast.acme, subject=everybody.id)
    notice = notices.get()
    assert notice.number == LegalNotice.objects.get(document=everybody, customer=cast.acme).notice_number
    assert [each.person_id for each in notice.deliveries.all()] == [cast.alice.person.pk], "who may manage the customer"
    with pytest.raises(DatabaseError), transaction.atomic():
        LegalNotice.objects.all().delete()


def test_who_comes_after_the_announcement_is_told_and_nobody_after_the_effect_or_the_end(cast: Cast) -> None:
    now = clock.now()
    announced(now)
    Customer.objects.filter(id=cast.globex.id).update(status="ended")
    try:
        assert announce_documents(now=now + AHEAD) == 1
        assert announce_documents(now=now + AHEAD + DAY) == 0
        document = LegalDocument.objects.get(kind="terms", announced_at=now)
        assert not tell_of_document(actor=SYSTEM, document_id=document.id, customer_id=cast.globex.id, now=now)
    finally:
        Customer.objects.filter(id=cast.globex.id).update(status="active")


@pytest.mark.usefixtures("transactional_db")
def test_two_workers_at_once_tell_a_customer_once() -> None:
    cast, now = Customers().cast(), clock.now()
    document = announced(now, kind="cookies")

    def tell(_turn: int) -> bool:
        try:
            return tell_of_document(actor=SYSTEM, document_id=document.id, customer_id=cast.acme.id, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(tell, range(2))) == [False, True]
    assert LegalNotice.objects.filter(document=document).count() == 1


def test_who_is_told_and_goes_on_is_bound_and_has_accepted_nothing(cast: Cast) -> None:
    now = clock.now()
    document = announced(now)
    tell_all(now)
    assert terms_of(cast, document.effective_on - DAY) == "2026-1"
    assert terms_of(cast, document.effective_on) == document.version
    [bound] = [each for each in bound_on(cast.acme, on=document.effective_on) if each.document.kind == "terms"]
    assert bound.acceptances == ()
    assert bound.told is not None
    assert not Acceptance.objects.filter(document=document).exists()
    exported = contract_facts(cast.acme.id)
    assert [each["version"] for each in exported["announced"]] == [document.version]
    assert exported["accepted"] == []


def test_who_is_told_late_is_bound_thirty_days_after_that(cast: Cast) -> None:
    now = clock.now()
    document = announced(now)
    tell_all(now + 4 * DAY)
    notice = Notice.objects.get(kind="legal.announced", customer=cast.acme)
    assert notice.facts["effective_on"] == (document.effective_on + 4 * DAY).isoformat()
    assert terms_of(cast, document.effective_on + 3 * DAY) == "2026-1"
    assert terms_of(cast, document.effective_on + 4 * DAY) == document.version


def test_a_version_that_needs_acceptance_waits_for_it(cast: Cast) -> None:
    now = clock.now()
    today = clock.legal_date(now)
    document = announced(now, needs_acceptance=True, texts={"en": "# Terms\n\nA", "lt": "# Sąlygos\n\nB"})
    assert [version.document for version in to_accept(cast.acme, on=today)] == [document]
    lithuanian = LegalDocument.objects.get(version=document.version, kind="terms", language="lt")
    with pytest.raises(Forbidden):
        accept_documents(actor=cast.bob.actor, document_ids=[document.id], position="Clerk", now=now)
    with pytest.raises(InvalidInput):
        accept_documents(actor=cast.alice.actor, document_ids=[document.id], position=" ", now=now)
    in_force_already = LegalDocument.objects.get(kind="terms", version="2026-1")
    for nothing in ([], [in_force_already.id], ["legal_none"]):
        with pytest.raises(NothingToAccept):
            accept_documents(actor=cast.alice.actor, document_ids=nothing, position="Director", now=now)
    [given] = accept_documents(actor=cast.alice.actor, document_ids=[lithuanian.id], position="Director", now=now)
    assert (given.document_sha256, given.authority) == (lithuanian.sha256, "Director")
    assert given.person_name == "Alice"
    with pytest.raises(NothingToAccept):
        accept_documents(actor=cast.alice.actor, document_ids=[document.id], position="Director", now=now)
    assert terms_of(cast, document.effective_on) == document.version
    assert {each.document.version for each in bound_on(cast.globex, on=document.effective_on)} == {"2026-1"}


def test_what_bound_is_told_by_order_of_precedence_with_special_terms_first(cast: Cast) -> None:
    now = clock.now()
    today = clock.legal_date(now)
    signed = SpecialTerms.objects.create(
        customer=cast.acme,
        starts_on=today,
        ends_on=today + 10 * DAY,
        document=b"%PDF",
        document_name="agreement.pdf",
        document_sha256=sha256(b"%PDF").hexdigest(),
        signed_on=today,
        recorded_at=now,
        recorded_by="Sam",
    )
    found = binding_of(cast.alice.actor, on=today, today=today)
    assert found.special is not None
    assert found.special.id == signed.id
    assert [each.document.kind for each in found.documents] == ["dpa", "privacy", "aup", "terms"]
    assert binding_on(cast.acme.id, on=today + 10 * DAY, today=today).special is None
    before = binding_on(cast.acme.id, on=today - DAY, today=today)
    assert not before.in_contract
    assert (before.documents, before.special) == ((), None)
    with pytest.raises(Forbidden):
        binding_of(cast.bob.actor, on=today, today=today)


def test_the_texts_for_users_of_the_api_bind_who_has_a_token_on_the_day(cast: Cast) -> None:
    now = clock.now()
    document = announced(now, audience="api")
    later = document.effective_on
    assert terms_of(cast, later) == "2026-1"
    cast.alice.token()
    bound = {each.document.version: each.audiences for each in bound_on(cast.acme, on=later)}
    assert bound[document.version] == ("api",)
    [terms] = [each for each in bound_on(cast.acme, on=later) if each.document.version == "2026-1"][-1:]
    assert terms.audiences == ("portal",)


def test_no_file_is_filed_twice(db: None) -> None:
    document, now = announced(clock.now()), clock.now()
    assert file_document(actor=SYSTEM, document_id=document.id, pdf=b"first", now=now)
    assert not file_document(actor=SYSTEM, document_id=document.id, pdf=b"second", now=now)
    assert bytes(LegalFile.objects.get(document=document).content) == b"first"
    with pytest.raises(DatabaseError), transaction.atomic():
        LegalFile.objects.update(content=b"third")
