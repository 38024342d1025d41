"""Requests about personal data, step by step: who may what when, who is told, and who is not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection, transaction

from accounts.actions.consent_to_reference import consent_to_reference
from accounts.models import Invitation, Notice, NoticeDelivery, ReferenceConsent
from accounts.queries.whose import known_as
from accounts.queries.without_others import without_others
from accounts.rules.staff_roles import StaffRole
from billing.models import BillingDetails
from billing.queries.person_rows import billing_rows
from kernel import clock, runner
from kernel.actor import Actor
from kernel.clock import legal_midnight
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import Event
from privacy.actions._rights import Asked, RightsStepNotPossible, link_secret
from privacy.actions.answer_rights_request import answer_rights_request
from privacy.actions.close_forwarded_request import ForwardedRequestClosed, close_forwarded_request
from privacy.actions.extend_rights_request import RightsExtensionTooLate, extend_rights_request
from privacy.actions.forward_rights_request import forward_rights_request
from privacy.actions.mail_rights_letter import mail_rights_letter
from privacy.actions.note_export_made import note_export_made
from privacy.actions.open_rights_request import RightsRequestOpen, open_rights_request
from privacy.actions.receive_rights_request import receive_rights_request
from privacy.actions.refuse_rights_request import RightsGroundNotPossible, refuse_rights_request
from privacy.actions.remind_of_rights_requests import remind_of_rights_requests
from privacy.actions.scope_rights_request import scope_rights_request
from privacy.actions.seal_rights_answer import seal_rights_answer
from privacy.actions.send_owed_links import send_owed_links
from privacy.actions.show_identity import RightsLinkOver, RightsSignInNeeded, show_identity
from privacy.actions.start_rights_request import start_rights_request
from privacy.actions.withdraw_rights_request import withdraw_rights_request
from privacy.models import ForwardedRequest, RightsRequest, RightsStep
from privacy.queries.rights import answer_of, objects_to_marketing
from privacy.rules.rights import RefusalGround, RequestKind, Result
from tests.cast import Cast, Member
from tests.staff import staff_person

K = RequestKind
FORM = Actor.system("tests.form")
NOON = legal_midnight(date(2026, 3, 2)) + timedelta(hours=12)  # its last day is the first of April
LAST_DAY = date(2026, 4, 1)


@pytest.fixture
def tess(db: None) -> Actor:
    """A supervisor."""
    return staff_person("Tess", StaffRole.SUPERVISOR).actor


def stranger(kind: RequestKind = K.ERASURE, email: str = "ona@example.org", **more: bool) -> Asked:
    return Asked(kind, email, "en", name="Ona", message="All of it", **more)


def received(asked: Asked, now: datetime = NOON) -> RightsRequest:
    return receive_rights_request(actor=FORM, asked=asked, now=now)


def confirmed(asked: Asked, now: datetime = NOON) -> RightsRequest:
    row = received(asked, now)
    return show_identity(actor=FORM, secret=link_secret(row.id, row.link_number), now=now)


def person_actor(member: Member) -> Actor:
    return Actor(kind="person", id=str(member.person.pk), name=str(member.person), person_id=str(member.person.pk))


def own(member: Member, kind: RequestKind, now: datetime = NOON, *, about_documents: bool = False) -> RightsRequest:
    return open_rights_request(
        actor=person_actor(member), kind=kind, message="", about_documents=about_documents, language="en", now=now
    )


def begun(tess: Actor, row: RightsRequest, now: datetime = NOON) -> RightsRequest:
    scope_rights_request(actor=tess, request_id=row.id, scope="The account", now=now)
    return start_rights_request(actor=tess, request_id=row.id, now=now)


def steps(row: RightsRequest) -> list[str]:
    return list(RightsStep.objects.filter(request=row).order_by("id").values_list("step", flat=True))


def told(event: str) -> list[str]:
    return list(Event.objects.filter(name=f"rights_request.{event}").order_by("id").values_list("subject", flat=True))


def test_a_stranger_shows_the_mailbox_and_staff_answer_with_every_class(tess: Actor) -> None:
    row = received(stranger())
    assert (row.state, row.due_on, row.person_id) == ("received", LAST_DAY, None)
    with pytest.raises(RightsStepNotPossible):
        scope_rights_request(actor=tess, request_id=row.id, scope="All", now=NOON)
    secret = link_secret(row.id, 1)
    for late in (NOON + timedelta(hours=24), NOON + timedelta(days=3)):
        with pytest.raises(RightsLinkOver):
            show_identity(actor=FORM, secret=secret, now=late)
    show_identity(actor=FORM, secret=secret, now=NOON + timedelta(hours=23, minutes=59))
    with pytest.raises(RightsLinkOver):
        show_identity(actor=FORM, secret=secret, now=NOON)
    begun(tess, row)
    assert told("erasure_wanted") == []  # there is no account
    results = {"rights_request": Result.KEPT, "contact_message": Result.ERASED}
    answer_rights_request(actor=tess, request_id=row.id, answer="Done.", results=results, now=NOON)
    row.refresh_from_db()
    assert (row.state, row.closed_at) == ("answered", NOON)
    assert row.outcome == [
        {"rule": "rights_request", "result": "kept", "until": "2029-03-03", "because": "claims"},
        {"rule": "contact_message", "result": "erased", "until": None, "because": ""},
    ]
    assert steps(row) == ["received", "link_sent", "identity", "scoped", "in_progress", "answered"]
    with pytest.raises(RightsStepNotPossible):
        withdraw_rights_request(actor=FORM, request_id=row.id, now=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        RightsStep.objects.update(reason="Other")


def test_whoever_asks_again_gets_at_most_three_links_a_day_and_no_second_request(db: None) -> None:
    rows = [received(stranger()) for _each in range(5)]
    assert len({row.id for row in rows}) == 1
    assert RightsRequest.objects.get().link_number == 3
    assert len(told("received")) == 3
    another = received(stranger(K.ACCESS))  # another request, the same mailbox
    assert (another.link_number, len(told("received"))) == (0, 3)
    assert received(stranger(K.ACCESS), NOON + timedelta(hours=24)).link_number == 1
    with pytest.raises(RightsLinkOver):
        show_identity(actor=FORM, secret=link_secret(rows[0].id, 2), now=NOON)  # a newer one has replaced it
    with pytest.raises(RightsLinkOver):
        show_identity(actor=FORM, secret="never one", now=NOON)


def test_a_link_that_had_to_wait_comes_a_day_later_by_itself_and_once(db: None) -> None:
    asked = [stranger(kind) for kind in (K.ACCESS, K.ERASURE, K.RECTIFICATION, K.RESTRICTION, K.PORTABILITY)]
    *_three, fourth, fifth = [received(each) for each in asked]
    received(asked[0])  # the first again, while there is no link for it
    day = timedelta(hours=24)
    for moment in (NOON, NOON + day - timedelta(microseconds=1)):
        assert send_owed_links(now=moment) == 0
    letters = len(told("received"))
    assert [send_owed_links(now=NOON + day) for _twice in range(2)] == [3, 0]
    assert sorted(told("received")[letters:]) == sorted([_three[0].id, fourth.id, fifth.id])
    fourth.refresh_from_db()
    assert (fourth.link_number, fourth.link_sent_at, fourth.due_on) == (1, NOON + day, LAST_DAY)
    shown = show_identity(actor=FORM, secret=link_secret(fourth.id, 1), now=NOON + day)
    assert shown.id == fourth.id
    withdraw_rights_request(actor=FORM, request_id=fifth.id, now=NOON + day)
    assert send_owed_links(now=NOON + 3 * day) == 0, "who got a link is not written to again"


def test_who_signs_in_and_asks_again_adds_to_what_is_open(cast: Cast) -> None:
    def again(words: str, *, documents: bool = False) -> RightsRequest:
        return open_rights_request(
            actor=person_actor(cast.alice),
            kind=K.RECTIFICATION,
            message=words,
            about_documents=documents,
            language="en",
            now=NOON + timedelta(days=1),
        )

    by_link = confirmed(stranger(K.RECTIFICATION, cast.alice.person.email))
    assert again("My name, too.").id == by_link.id
    cast.alice.person.email = "alice.new@example.org"
    cast.alice.person.save()
    row = again("", documents=True)
    row.refresh_from_db()
    assert (row.id, row.message, row.due_on) == (by_link.id, "All of it\n\nMy name, too.", LAST_DAY)
    assert row.identity_by == "sign_in"
    assert ForwardedRequest.objects.get(request=row).customer_id == cast.acme.id
    assert steps(row).count("asked_again") == 2
    cast.bob.person.email = row.email  # whoever has the address by now joins nothing of hers
    cast.bob.person.save()
    with pytest.raises(RightsRequestOpen):
        own(cast.bob, K.RECTIFICATION)


def test_a_copy_is_asked_for_as_soon_as_it_is_known_whose_it_is(tess: Actor, cast: Cast) -> None:
    row = own(cast.alice, K.ACCESS)
    assert (row.state, row.identity_by, told("export_wanted")) == ("in_progress", "sign_in", [row.id])
    by_link = confirmed(stranger(K.PORTABILITY, cast.bob.person.email.upper()))
    assert (by_link.person_id, by_link.state) == (cast.bob.person.pk, "in_progress")
    assert told("export_wanted") == [row.id, by_link.id]
    note_export_made(request_id=row.id, now=NOON)
    note_export_made(request_id=row.id, now=NOON + timedelta(days=1))
    row.refresh_from_db()
    assert (row.export_made_at, told("copy_ready")) == (NOON, [row.id])
    with pytest.raises(NotFound):
        note_export_made(request_id="rgt_unknown", now=NOON)
    answer_rights_request(actor=tess, request_id=row.id, answer="", results={}, now=NOON)
    row.refresh_from_db()
    block = answer_of(row).article15
    assert block is not None
    assert block["processing"]


def test_an_account_with_a_second_step_is_not_opened_by_a_mailbox(cast: Cast) -> None:
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=cast.alice.person, type=Authenticator.Type.TOTP, data={})
    row = received(stranger(K.ACCESS, cast.alice.person.email))
    with pytest.raises(RightsSignInNeeded):
        show_identity(actor=FORM, secret=link_secret(row.id, 1), now=NOON)
    mine = own(cast.alice, K.ACCESS)  # a sign-in takes it over, and not the words of whoever wrote first
    assert (mine.id, mine.message, mine.name) == (row.id, "", "Alice")
    assert confirmed(stranger(K.RECTIFICATION, cast.alice.person.email)).state == "identity"


def test_erasing_an_account_is_asked_for_when_staff_start(tess: Actor, cast: Cast) -> None:
    row = own(cast.bob, K.ERASURE)
    assert (row.state, told("erasure_wanted")) == ("identity", [])
    begun(tess, row)
    assert told("erasure_wanted") == [row.id]


def test_an_objection_to_advertising_holds_at_once(cast: Cast) -> None:
    consent_to_reference(actor=cast.alice.actor, name=True, logo=False, words="Yes", now=NOON)
    consent_to_reference(actor=cast.mallory.actor, name=True, logo=False, words="Yes", now=NOON)
    assert not objects_to_marketing(cast.alice.person.email)
    row = own(cast.alice, K.OBJECTION_MARKETING)
    assert (row.state, row.closed_at) == ("answered", NOON)
    assert "1 consent" in row.answer
    assert [each.customer_id for each in ReferenceConsent.objects.filter(withdrawn_at=None)] == [cast.globex.id]
    assert Notice.objects.filter(kind="reference.withdrawn", customer_id=cast.acme.id).count() == 1
    assert objects_to_marketing(cast.alice.person.email.upper())
    by_stranger = received(stranger(K.OBJECTION_MARKETING))
    assert (by_stranger.state, by_stranger.identity_by) == ("answered", "not_needed")
    assert objects_to_marketing("ona@example.org")
    letters = len(told("answered"))
    assert received(stranger(K.OBJECTION_MARKETING)).id == by_stranger.id
    consent_to_reference(actor=cast.alice.actor, name=True, logo=False, words="Again", now=NOON)
    assert own(cast.alice, K.OBJECTION_MARKETING).id == row.id
    assert not ReferenceConsent.objects.filter(customer_id=cast.acme.id, withdrawn_at=None).exists()
    consent_to_reference(actor=cast.alice.actor, name=True, logo=False, words="Again", now=NOON)
    received(stranger(K.OBJECTION_MARKETING, cast.alice.person.email.upper()))
    assert not ReferenceConsent.objects.filter(customer_id=cast.acme.id, withdrawn_at=None).exists()
    assert len(told("answered")) == letters, "nobody is mailed, and nothing is sealed, again and again"


def test_an_objection_without_a_sign_in_holds_at_once_for_the_account_at_its_address(cast: Cast) -> None:
    consent_to_reference(actor=cast.mallory.actor, name=True, logo=False, words="Yes", now=NOON)
    row = received(stranger(K.OBJECTION_MARKETING, cast.mallory.person.email))
    assert (row.person_id, "1 consent" in row.answer) == (None, True)
    assert not ReferenceConsent.objects.filter(withdrawn_at=None).exists()
    assert Notice.objects.get(kind="reference.withdrawn").facts == {"by": settings.OPERATOR_NAME}
    assert "consent" not in received(stranger(K.OBJECTION_MARKETING)).answer


def test_what_customers_keep_is_passed_on_to_those_who_know_the_address_and_to_nobody_else(
    tess: Actor, cast: Cast
) -> None:
    Invitation.objects.create(
        customer=cast.globex,
        email="Ona@example.org",
        role="member",
        secret_hash="0" * 64,
        invited_by="Mallory",
        created_at=NOON,
        expires_at=NOON,
    )
    row = confirmed(stranger(about_documents=True), NOON)
    forwarded = ForwardedRequest.objects.get()
    assert (forwarded.customer_id, forwarded.due_on) == (cast.globex.id, LAST_DAY)
    notice = Notice.objects.get(kind="rights_request.forwarded")
    assert (notice.customer_id, notice.facts) == (cast.globex.id, {"kind": "erasure", "due_on": "2026-04-01"})
    assert {each.person_id for each in NoticeDelivery.objects.filter(notice=notice)} == {cast.mallory.person.pk}
    with pytest.raises(InvalidInput):
        forward_rights_request(actor=tess, request_id=row.id, customer=cast.globex.slug, now=NOON)
    with pytest.raises(InvalidInput):
        forward_rights_request(actor=tess, request_id=row.id, customer="nobody", now=NOON)
    forward_rights_request(actor=tess, request_id=row.id, customer=cast.acme.slug, now=NOON)
    for nobody in (cast.alice.actor, cast.bob.actor):
        with pytest.raises((NotFound, Forbidden)):
            close_forwarded_request(actor=nobody, forwarded_id=forwarded.id, answered=True, note="", now=NOON)
    mallory = cast.mallory.actor
    closed = close_forwarded_request(actor=mallory, forwarded_id=forwarded.id, answered=False, note="No", now=NOON)
    assert (closed.state, closed.closed_by) == ("dismissed", "Mallory")
    with pytest.raises(ForwardedRequestClosed):
        close_forwarded_request(actor=mallory, forwarded_id=forwarded.id, answered=True, note="", now=NOON)
    not_shown = received(stranger(K.RESTRICTION))
    with pytest.raises(RightsStepNotPossible):
        forward_rights_request(actor=tess, request_id=not_shown.id, customer=cast.acme.slug, now=NOON)
    own(cast.carol, K.ERASURE)  # about the account alone: the employer is not told
    assert ForwardedRequest.objects.count() == 2


def test_two_months_more_are_taken_once_with_reasons_and_not_after_the_first_due_date(tess: Actor) -> None:
    row = confirmed(stranger())
    with pytest.raises(InvalidInput):
        extend_rights_request(actor=tess, request_id=row.id, reasons=" ", now=NOON)
    after = legal_midnight(LAST_DAY + timedelta(days=1))
    with pytest.raises(RightsExtensionTooLate):
        extend_rights_request(actor=tess, request_id=row.id, reasons="Many", now=after)
    extend_rights_request(actor=tess, request_id=row.id, reasons="Many", now=after - timedelta(seconds=1))
    row.refresh_from_db()
    assert (row.state, row.extended_due_on, told("extended")) == ("extended", date(2026, 6, 1), [row.id])
    with pytest.raises(RightsExtensionTooLate):
        extend_rights_request(actor=tess, request_id=row.id, reasons="More", now=NOON)


def test_a_refusal_needs_a_ground_that_is_one_and_words(tess: Actor) -> None:
    row = confirmed(stranger(K.RECTIFICATION))
    for ground in (RefusalGround.IDENTITY, RefusalGround.CLAIMS):
        with pytest.raises(RightsGroundNotPossible):
            refuse_rights_request(actor=tess, request_id=row.id, ground=ground, words="No", now=NOON)
    excessive = RefusalGround.EXCESSIVE
    with pytest.raises(InvalidInput):
        refuse_rights_request(actor=tess, request_id=row.id, ground=excessive, words="", now=NOON)
    refuse_rights_request(actor=tess, request_id=row.id, ground=excessive, words="The tenth time.", now=NOON)
    row.refresh_from_db()
    assert (row.state, row.refusal_ground, told("refused")) == ("refused", "excessive", [row.id])


def test_nobody_but_staff_takes_a_step(cast: Cast) -> None:
    row = confirmed(stranger())
    alice = cast.alice.actor
    for step in (
        lambda: scope_rights_request(actor=alice, request_id=row.id, scope="", now=NOON),
        lambda: start_rights_request(actor=alice, request_id=row.id, now=NOON),
        lambda: extend_rights_request(actor=alice, request_id=row.id, reasons="x", now=NOON),
        lambda: answer_rights_request(actor=alice, request_id=row.id, answer="x", results={}, now=NOON),
        lambda: refuse_rights_request(
            actor=alice, request_id=row.id, ground=RefusalGround.EXCESSIVE, words="x", now=NOON
        ),
        lambda: forward_rights_request(actor=alice, request_id=row.id, customer=cast.acme.slug, now=NOON),
    ):
        with pytest.raises(Forbidden):
            step()


def test_staff_are_reminded_alarmed_and_what_nobody_confirmed_ends_in_time(tess: Actor) -> None:
    row, silent = confirmed(stranger()), received(stranger(K.ACCESS, "nobody@example.org"))
    days = [20, 22, 23, 27, 29, 31, 32, 33]  # after the second of March
    given = [remind_of_rights_requests(now=NOON + timedelta(days=each - 1)) for each in days]
    assert given == [0, 1, 0, 1, 1, 1, 1, 0]
    notices = Notice.objects.filter(kind="rights_request.due", subject=row.id).order_by("at")
    assert [(each.facts["days"], each.facts["overdue"]) for each in notices] == [
        (9, False),
        (4, False),
        (2, False),
        (1, True),
    ]
    silent.refresh_from_db()
    assert (silent.state, silent.refusal_ground) == ("refused", "identity")
    assert clock.legal_date(silent.closed_at or NOON) == LAST_DAY
    assert told("refused") == [silent.id]


def test_letters_have_links_and_no_content_in_the_requesters_language(tess: Actor) -> None:
    row = received(stranger())
    runner.drain()
    (letter,) = mail.outbox
    assert letter.to == ["ona@example.org"]
    assert f"/privacy/request/confirm/{link_secret(row.id, 1)}/" in letter.body
    assert "All of it" not in letter.body
    show_identity(actor=FORM, secret=link_secret(row.id, 1), now=NOON)
    mail_rights_letter(request_id=row.id, letter="received", now=NOON)
    assert "/confirm/" not in mail.outbox[-1].body
    begun(tess, row)
    answer_rights_request(actor=tess, request_id=row.id, answer="Secret words", results={}, now=NOON)
    mail_rights_letter(request_id=row.id, letter="answered", now=NOON)
    assert "Secret words" not in mail.outbox[-1].body
    for unknown in ({"request_id": row.id, "letter": "love"}, {"request_id": "rgt_unknown", "letter": "answered"}):
        with pytest.raises(NotFound):
            mail_rights_letter(**unknown, now=NOON)
    with pytest.raises(NotFound):
        seal_rights_answer(request_id="rgt_unknown", clock=clock.database_clock())


def test_requests_that_come_in_the_same_moment_are_one(db: None) -> None:
    first = received(stranger())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM privacy_rightsrequest WHERE closed_at IS NULL")
        assert cursor.fetchone()[0] == 1
    withdraw_rights_request(actor=FORM, request_id=first.id, now=NOON)
    assert received(stranger()).id != first.id
    with pytest.raises(DatabaseError), transaction.atomic():
        RightsRequest.objects.filter(id=first.id).update(closed_at=None)


@pytest.mark.parametrize("letter", ["ı", "ſ", "ς"])
def test_a_mailbox_whose_address_only_looks_alike_opens_nobodys_account(cast: Cast, letter: str) -> None:
    """Capitals make ı an I, ſ an S and ς a Σ; a domain with such a letter is somebody else's."""
    plain = {"ı": "i", "ſ": "s", "ς": "σ"}[letter]
    cast.alice.person.email = f"ona@{plain}ample.example"
    cast.alice.person.save()
    EmailAddress.objects.filter(user=cast.alice.person).update(email=cast.alice.person.email)
    row = confirmed(stranger(K.ACCESS, f"ona@{letter}ample.example", about_documents=True))
    assert (row.person_id, ForwardedRequest.objects.count()) == (None, 0)
    assert known_as(email=row.email).emails == (row.email,)
    again = confirmed(stranger(K.ACCESS, f"ONA@{plain}ample.example"))
    assert (again.person_id, again.id == row.id) == (cast.alice.person.pk, False)


def test_an_address_that_only_looks_alike_is_taken_out_of_a_copy(cast: Cast) -> None:
    BillingDetails.objects.create(
        customer=cast.globex, emails=["ona@ſample.example", "Ona@sample.example"], changed_at=NOON
    )
    ona = known_as(email="ona@sample.example")
    assert without_others(ona)("to ona@ſample.example, ONA@sample.example") == "to [another person], ONA@sample.example"
    [details] = next(each.rows for each in billing_rows(ona) if each.table == "billing_billingdetails")
    assert details["emails"] == ["Ona@sample.example"]


def test_an_address_that_somebody_claimed_and_never_confirmed_leads_to_no_account(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.alice.person, email="typo@example.org", verified=False)
    assert confirmed(stranger(K.ACCESS, "typo@example.org")).person_id is None
    EmailAddress.objects.filter(email="typo@example.org").update(verified=True)
    assert confirmed(stranger(K.PORTABILITY, "typo@example.org")).person_id == cast.alice.person.pk


def test_a_domain_is_not_taken_for_the_one_that_it_was_folded_to(db: None) -> None:
    assert known_as(email="Ona@straße.example").emails == ("ona@straße.example",)


def test_the_newest_link_is_for_the_newest_words_and_an_older_one_for_nothing(db: None) -> None:
    first = received(Asked(K.RECTIFICATION, "ona@example.org", "lt", message="Of somebody else"))
    again = received(Asked(K.RECTIFICATION, "Ona@example.org", "en", message="My own", country="LV"))
    assert (again.id, again.message, again.country, again.language) == (first.id, "My own", "LV", "en")
    with pytest.raises(RightsLinkOver):
        show_identity(actor=FORM, secret=link_secret(first.id, 1), now=NOON)
    received(stranger(K.RECTIFICATION))
    assert received(Asked(K.RECTIFICATION, "ona@example.org", "en", message="No link any more")).message == "All of it"
