"""A restriction that was granted: what it keeps, what it stops, and how it ends (D1; GDPR 18)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import override_settings

from accounts.actions.ask_deletion import ask_deletion
from accounts.actions.consent_to_reference import consent_to_reference
from accounts.actions.give_notice import give_notice
from accounts.actions.mark_restricted import mark_restricted
from accounts.models import NoticeDelivery, Person, ReferenceConsent
from accounts.rules.staff_roles import StaffRole
from kernel import clock, runner
from kernel.clock import legal_date
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import Job
from privacy.actions._courses_people import PERSON
from privacy.actions._days import open_day
from privacy.actions._ledger import note_erasure
from privacy.actions._restrictions import unrestrict
from privacy.actions._sweeps import SWEEPS
from privacy.actions.announce_restriction_end import RestrictionNotInForce, announce_restriction_end
from privacy.actions.answer_rights_request import answer_rights_request
from privacy.actions.carry_out_items import carry_out_items
from privacy.actions.lift_restriction import lift_restriction
from privacy.actions.lift_restrictions import lift_restrictions
from privacy.actions.mail_rights_letter import mail_rights_letter
from privacy.actions.place_hold import ErasureUnderWay
from privacy.actions.plan_items import plan_items
from privacy.actions.release_hold import HoldOfRestriction, release_hold
from privacy.actions.scope_rights_request import scope_rights_request
from privacy.actions.start_rights_request import start_rights_request
from privacy.actions.sweep_store import sweep_store
from privacy.models import ContactMessage, Hold, Restriction, RetentionItem, RightsRequest
from privacy.queries.outcomes import usual_results
from privacy.rules.rights import RequestKind, Result
from tests.actions.test_rights import confirmed, own, person_actor, steps, stranger
from tests.cast import Cast, Member
from tests.staff import Staff, staff_person

DAY = timedelta(days=1)
K = RequestKind


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path) -> Iterator[None]:
    with override_settings(ERASURE_LEDGER_DIR=tmp_path / "ledger"):
        yield


@pytest.fixture
def now(db: None) -> datetime:
    return clock.now()


@pytest.fixture
def tess(db: None) -> Staff:
    return staff_person("Tess", StaffRole.SUPERVISOR)


def granted(tess: Staff, row: RightsRequest, now: datetime) -> RightsRequest:
    results = usual_results(K(row.kind), has_account=row.person_id is not None)
    scope_rights_request(actor=tess.actor, request_id=row.id, scope="All", now=now)
    start_rights_request(actor=tess.actor, request_id=row.id, now=now)
    return answer_rights_request(actor=tess.actor, request_id=row.id, answer="Yes.", results=results, now=now)


def message(email: str, at: datetime) -> ContactMessage:
    return ContactMessage.objects.create(
        topic="other", email=email, message="Hello", language="en", received_at=at, answered_at=at, answered_by="Tess"
    )


def erased(now: datetime) -> dict[str, int]:
    """What goes by then of people, messages and requests."""
    plan_items(course=PERSON, now=now)
    went = {"person": carry_out_items(course=PERSON, limit=100, now=now).erased}
    for sweep in SWEEPS:
        if sweep.store in {"privacy_contactmessage", "privacy_rightsrequest"}:
            day = open_day(sweep.rule, sweep.store, now=now)
            went[sweep.store] = sweep_store(sweep=sweep, day=day, limit=100, now=now)
    return went


def mailed(member: Member, kind: str, now: datetime) -> bool:
    notice = give_notice(kind=kind, customer_id=member.customer.id, people=[member.person.pk], now=now)
    return NoticeDelivery.objects.get(notice=notice, person=member.person).state == "queued"


def announced(tess: Staff, row: RightsRequest, now: datetime) -> Restriction:
    announce_restriction_end(actor=tess.actor, request_id=row.id, reasons="It was right all along.", now=now)
    mail_rights_letter(request_id=row.id, letter="restriction_ends", now=now)
    return Restriction.objects.get(request=row)


def test_what_is_restricted_is_kept_past_its_day_and_goes_when_that_is_over(
    tess: Staff, cast: Cast, now: datetime
) -> None:
    long_ago, later = now - 5000 * DAY, now + 10 * DAY
    message(cast.carol.person.email.upper(), long_ago)
    message("another@example.org", long_ago)
    old = confirmed(stranger(K.ACCESS, cast.carol.person.email), now)
    RightsRequest.objects.filter(id=old.id).update(closed_at=long_ago, state="answered")
    row = granted(tess, own(cast.carol, K.RESTRICTION, now), now)
    assert steps(row)[-2:] == ["answered", "restricted"]
    ask_deletion(actor=person_actor(cast.carol), person_id=cast.carol.person.pk, erased_on=legal_date(later), now=now)
    assert erased(later) == {"person": 0, "privacy_contactmessage": 1, "privacy_rightsrequest": 0}
    for hold in Hold.objects.filter(case=row.number):
        with pytest.raises(HoldOfRestriction):
            release_hold(actor=tess.actor, hold_id=hold.id, now=now)
    ending = announced(tess, row, later)
    assert lift_restriction(request_id=row.id, now=later + 6 * DAY) is False
    assert erased(later + 6 * DAY) == {"person": 0, "privacy_contactmessage": 0, "privacy_rightsrequest": 0}
    assert [lift_restriction(request_id=row.id, now=later + 7 * DAY) for _twice in range(2)] == [True, False]
    assert legal_date(later) + 7 * DAY == ending.ends_on
    assert set(Hold.objects.values_list("release_reason", flat=True)) == {"It was right all along."}
    assert ContactMessage.objects.count() == 1
    assert erased(later + 7 * DAY) == {"person": 1, "privacy_contactmessage": 0, "privacy_rightsrequest": 1}
    assert not ContactMessage.objects.exists()  # it goes with its writer
    assert not RightsRequest.objects.filter(id=old.id).exists()


def test_a_restriction_goes_with_its_request_three_years_later(tess: Staff, now: datetime) -> None:
    row = granted(tess, confirmed(stranger(K.RESTRICTION), now), now)
    RightsRequest.objects.filter(id=row.id).update(closed_at=now - 2000 * DAY)
    assert erased(now)["privacy_rightsrequest"] == 0  # in force
    announced(tess, row, now - 8 * DAY)
    assert lift_restriction(request_id=row.id, now=now) is True
    assert erased(now)["privacy_rightsrequest"] == 1
    assert not Restriction.objects.exists()


def test_what_rests_on_consent_or_our_interest_stops_and_what_is_owed_goes_on(
    tess: Staff, cast: Cast, now: datetime
) -> None:
    consent_to_reference(actor=cast.alice.actor, name=True, logo=False, words="Yes", now=now)
    assert mailed(cast.alice, "member.left", now)
    first = granted(tess, own(cast.alice, K.RESTRICTION, now), now)
    assert not ReferenceConsent.objects.filter(withdrawn_at=None).exists()
    assert (mailed(cast.alice, "member.left", now), mailed(cast.alice, "member.suspended", now)) == (False, True)
    assert mailed(cast.bob, "member.left", now)
    second = granted(tess, own(cast.alice, K.RESTRICTION, now), now)
    for row, over in ((first, False), (second, True)):
        announced(tess, row, now)
        lift_restriction(request_id=row.id, now=now + 7 * DAY)
        assert mailed(cast.alice, "member.left", now) is over


def test_a_wish_and_the_day_of_its_end_at_once_end_it_once(tess: Staff, cast: Cast, now: datetime) -> None:
    row = granted(tess, own(cast.alice, K.RESTRICTION, now), now)
    seen = Restriction.objects.get(request=row)  # by the wish, before the job ends it
    announced(tess, row, now)
    assert lift_restriction(request_id=row.id, now=now + 7 * DAY) is True
    unrestrict(seen, row, now=now + 7 * DAY)
    assert steps(row).count("unrestricted") == 1


def test_who_asks_for_erasure_later_gets_it(tess: Staff, cast: Cast, now: datetime) -> None:
    row = granted(tess, own(cast.carol, K.RESTRICTION, now), now)
    other = granted(tess, own(cast.bob, K.RESTRICTION, now), now)
    wish = own(cast.carol, K.ERASURE, now)
    scope_rights_request(actor=tess.actor, request_id=wish.id, scope="All", now=now)
    assert Restriction.objects.get(request=row).lifted_at is None
    start_rights_request(actor=tess.actor, request_id=wish.id, now=now)
    over = Restriction.objects.get(request=row)
    assert (over.lifted_at, over.ends_on, wish.number in over.end_reasons) == (now, legal_date(now), True)
    assert Person.objects.get(pk=cast.carol.person.pk).restricted_at is None
    assert set(Hold.objects.filter(released_at=None).values_list("case", flat=True)) == {other.number}


def test_it_ends_only_after_its_requester_was_written_to(tess: Staff, cast: Cast, now: datetime) -> None:
    row = granted(tess, own(cast.carol, K.RESTRICTION, now), now)
    nothing = confirmed(stranger(), now)
    for request_id, reasons, refusal in (
        (row.id, " ", InvalidInput),
        (nothing.id, "Why", RestrictionNotInForce),
        ("rgt_unknown", "Why", NotFound),
    ):
        with pytest.raises(refusal):
            announce_restriction_end(actor=tess.actor, request_id=request_id, reasons=reasons, now=now)
    with pytest.raises(Forbidden):
        announce_restriction_end(actor=cast.alice.actor, request_id=row.id, reasons="Why", now=now)
    with pytest.raises(Forbidden):
        mark_restricted(actor=cast.alice.actor, person_id=cast.carol.person.pk, restricted=False, now=now)
    announce_restriction_end(actor=tess.actor, request_id=row.id, reasons="Why", now=now)
    with pytest.raises(RestrictionNotInForce):
        announce_restriction_end(actor=tess.actor, request_id=row.id, reasons="Why", now=now)
    assert lift_restriction(request_id=row.id, now=now + 300 * DAY) is False  # the mail has not gone
    assert lift_restrictions(now=now + 300 * DAY) == 0
    runner.drain()
    (letter,) = [each for each in mail.outbox if "used again" in each.subject]
    assert letter.to == [cast.carol.person.email]
    assert "Why" not in letter.body
    mail_rights_letter(request_id=row.id, letter="restriction_ends", now=now + 3 * DAY)  # sent twice: the first counts
    ends_on = Restriction.objects.get().ends_on
    assert ends_on == legal_date(now) + 7 * DAY
    assert [lift_restrictions(now=now + days * DAY) for days in (6, 7, 7)] == [0, 1, 1]
    assert Job.objects.filter(kind="privacy.lift_restriction").count() == 1
    with pytest.raises(NotFound):
        lift_restriction(request_id="rgt_unknown", now=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Restriction.objects.update(lifted_at=now, ends_on=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Restriction.objects.update(end_reasons="")


def test_only_what_the_answer_promises_is_restricted_and_nothing_that_is_going(
    tess: Staff, cast: Cast, now: datetime
) -> None:
    row = own(cast.carol, K.RESTRICTION, now)
    scope_rights_request(actor=tess.actor, request_id=row.id, scope="All", now=now)
    start_rights_request(actor=tess.actor, request_id=row.id, now=now)
    item = RetentionItem.objects.create(
        rule="person", subject=str(cast.carol.person.pk), cycle="x", due_on=now, state="claimed", found_at=now
    )
    item.ledger_entry = note_erasure(rule="person", step="begun", kind="person", subject="x", counts={}, now=now)
    item.save()
    results = {"person": Result.RESTRICTED}
    with pytest.raises(ErasureUnderWay):
        answer_rights_request(actor=tess.actor, request_id=row.id, answer="Yes.", results=results, now=now)
    assert not Restriction.objects.exists()
    RetentionItem.objects.all().delete()
    results = {"person": Result.KEPT}
    answer_rights_request(actor=tess.actor, request_id=row.id, answer="No.", results=results, now=now)
    assert not Restriction.objects.exists()
    assert Person.objects.get(pk=cast.carol.person.pk).restricted_at is None
