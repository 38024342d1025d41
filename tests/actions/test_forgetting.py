"""People who leave are forgotten, and nothing of them is left but what bookkeeping needs (D3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.actions.ask_deletion import OnlyOwner, ask_deletion
from accounts.actions.end_membership import end_membership
from accounts.actions.forget_person import PersonStays, forget_person
from accounts.actions.keep_account import keep_account
from accounts.models import Application, Invitation, Membership, NoticeDelivery, Person
from accounts.queries import actor_of_person
from accounts.queries.leavers import kept_of_person
from kernel import clock
from kernel.actor import Actor
from kernel.clock import legal_date, legal_midnight
from kernel.models import Event, Job
from privacy.actions._courses_people import PERSON, UNFINISHED
from privacy.actions.plan_person_erasure import plan_person_erasure
from privacy.actions.report_person_erasure import report_person_erasure
from privacy.catalogue import TABLES
from privacy.models import ContactMessage
from tests.cast import PASSWORD
from tests.retention import Driver

SYSTEM = Actor.system("tests")
CANARY = "zzcanary"
OLD = f"{CANARY}@example.org"


@pytest.fixture
def leaver(cast):
    """Somebody with a word of their own in every field that could hold one, who has left their only customer."""
    person = cast.bob.person
    Person.objects.filter(pk=person.pk).update(
        email=OLD, name=f"{CANARY} Bob", language="lt", country="LT", time_zone="Europe/Riga", last_login=clock.now()
    )
    EmailAddress.objects.filter(user=person).update(email=OLD)
    Authenticator.objects.create(user=person, type="totp", data={"secret": CANARY})
    person.refresh_from_db()
    client = cast.bob.client()
    assert client.get(cast.bob.url("")).status_code == 200
    Client(HTTP_HOST="localhost").post("/account/login/", {"login": OLD, "password": "wrong"})
    Invitation.objects.create(
        customer=cast.globex,
        email=OLD.upper(),
        role="member",
        secret_hash="x",
        invited_by="Mallory",
        created_at=clock.now(),
        expires_at=clock.now(),
    )
    ContactMessage.objects.create(
        topic="other", name=CANARY, email=OLD.title(), message=CANARY, language="en", received_at=clock.now()
    )
    end_membership(actor=cast.alice.actor, membership_id=cast.bob.membership.pk, now=clock.now())
    Membership.objects.filter(pk=cast.bob.membership.pk).update(external_id=CANARY)
    cast.bob.person.refresh_from_db()
    return cast.bob


def later(days: int, *, of: datetime | None = None) -> datetime:
    """The first instant of the legal day so many days later."""
    return legal_midnight(legal_date(of or clock.now()) + timedelta(days=days))


def rows_with(word: str, tables: list[str]) -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" AS r WHERE lower(r::text) LIKE %s', [f"%{word}%"])
            found += [table] * (cursor.fetchone()[0] > 0)
    return found


def test_nothing_of_a_person_is_left_in_any_table_of_people_and_their_address_is_like_a_strangers(leaver):
    driver, person = Driver(PERSON), str(leaver.person.pk)
    of_people = [table.name for table in TABLES if table.retention == "person"]
    everywhere = [*of_people, "accounts_noticedelivery", "accounts_invitation", "accounts_membership"]
    everywhere += ["usersessions_usersession", "privacy_contactmessage", "accounts_identity"]
    assert len(rows_with(CANARY, everywhere)) >= 7
    item = driver.item(person, clock.now())
    assert not driver.act(item, later(6) - timedelta(microseconds=1))
    assert driver.act(item, later(6))
    assert rows_with(CANARY, everywhere) == []
    assert rows_with("bob", of_people) == []
    assert NoticeDelivery.objects.filter(person=leaver.person).exists()
    assert kept_of_person(leaver.person.pk)["accounts_noticedelivery"] >= 1
    assert driver.counts["privacy_contactmessage"] == driver.counts["accounts_person"] == 1
    assert driver.counts["accounts_signincounter"] >= 1
    assert driver.planned(later(7)) == {}

    browser, unknown = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    answers = [
        each.post("/account/login/", {"login": address, "password": PASSWORD})
        for each, address in ((browser, OLD), (unknown, "nobody-at-all@example.org"))
    ]
    assert [answer.status_code for answer in answers] == [200, 200] or answers[0].status_code == answers[1].status_code
    again = Person.objects.create_user(OLD, PASSWORD, name="Bob again")
    EmailAddress.objects.create(user=again, email=OLD, verified=True, primary=True)
    assert browser.post("/account/login/", {"login": OLD, "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("whose", ["somebody else's by now", "only claimed"])
def test_what_was_sent_to_an_address_that_is_not_theirs_stays(customers, leaver, whose):
    NoticeDelivery.objects.filter(person=leaver.person).update(email="office@example.org")
    if whose == "only claimed":
        EmailAddress.objects.create(user=leaver.person, email="office@example.org", verified=False)
    else:
        EmailAddress.objects.create(user=customers.person("Next"), email="Office@example.org", verified=True)
    Invitation.objects.update(email="office@example.org")
    forget_person(person_id=leaver.person.pk, actor=SYSTEM, now=later(6))
    assert Invitation.objects.get().email == "office@example.org"


def test_forgetting_twice_or_killed_in_the_middle_ends_the_same(leaver):
    driver = Driver(PERSON)
    item = driver.item(str(leaver.person.pk), clock.now())
    signed_in = leaver.client()
    assert driver.act(item, later(6), killed_before="forget_person")
    assert ContactMessage.objects.count() == 0
    assert Person.objects.filter(pk=leaver.person.pk, is_active=False, forgotten_at=None).exists()
    assert signed_in.get("/customers/").status_code == 302
    assert driver.act(item, later(6))
    assert forget_person(person_id=leaver.person.pk, actor=SYSTEM, now=later(7)) == {}


def test_members_and_staff_are_never_forgotten(cast, leaver):
    for person in (cast.alice.person, leaver.person):
        if person == leaver.person:
            Person.objects.filter(pk=person.pk).update(is_staff=True)
        with pytest.raises(PersonStays):
            forget_person(person_id=person.pk, actor=SYSTEM, now=clock.now())
    assert str(leaver.person.pk) not in Driver(PERSON).planned(clock.now())
    assert Driver(PERSON).planned(clock.now()) == {}


@pytest.mark.parametrize("meanwhile", ["member", "keeps"])
def test_what_happens_between_plan_and_act_keeps_the_account(cast, leaver, meanwhile):
    driver = Driver(PERSON)
    item = driver.item(str(leaver.person.pk), clock.now())
    if meanwhile == "member":
        Membership.objects.create(customer=cast.globex, person=leaver.person, role="member", created_at=clock.now())
    else:
        keep_account(actor=actor_of_person(leaver.person), now=clock.now())
    assert not PERSON.seize(item, later(6))  # even after the look at it
    assert not driver.act(item, later(6))
    assert Person.objects.get(pk=leaver.person.pk).is_active


def test_the_day_of_leaving_outlasts_the_rows_of_memberships(leaver):
    ended_at = Membership.objects.get(pk=leaver.membership.pk).ended_at
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_membership WHERE id = %s", [leaver.membership.pk])
    assert Person.objects.get(pk=leaver.person.pk).left_at == ended_at
    assert Driver(PERSON).planned(clock.now())[str(leaver.person.pk)].event_on == legal_date(ended_at)


def test_a_sign_up_that_led_to_nothing_is_forgotten_after_90_days_and_one_notice(customers):
    person, now = customers.person(CANARY), clock.now()
    Application.objects.create(
        person=person, name=CANARY, kind="legal_entity", country="LT", plan_code=None, terms_accepted_at=now
    )
    driver, subject = Driver(UNFINISHED), str(person.pk)
    item = driver.item(subject, now)
    assert item.due_on == legal_date(now) + timedelta(days=91)
    assert not driver.act(item, later(91))  # nobody was told
    assert driver.tell(subject, later(84) - timedelta(microseconds=1)) == 0
    assert driver.tell(subject, later(84)) == 1
    assert not driver.act(item, later(91) - timedelta(microseconds=1))
    Person.objects.filter(pk=person.pk).update(last_login=later(90))
    assert not UNFINISHED.seize(item, later(91))  # signed in after the look at it
    assert not driver.act(item, later(91))
    fresh = driver.item(subject, later(91))
    assert fresh.pk != item.pk
    assert driver.tell(subject, later(181)) == 1
    assert driver.act(fresh, later(188))
    assert not Application.objects.filter(person=person).exists()
    assert Person.objects.get(pk=person.pk).name == ""


def test_an_only_owner_cannot_go_and_everybody_else_leaves_at_once(cast):
    now, erased_on = timezone.now(), legal_date(clock.now())
    alice, bob = cast.alice.person, cast.bob.person
    with pytest.raises(OnlyOwner, match="Acme"):
        ask_deletion(actor=cast.alice.actor, person_id=alice.pk, erased_on=erased_on, now=now)
    assert Person.objects.get(pk=alice.pk).deletion_asked_at is None
    ask_deletion(actor=actor_of_person(bob), person_id=bob.pk, erased_on=erased_on, now=now)
    assert Membership.objects.get(pk=cast.bob.membership.pk).status == "ended"
    assert Driver(PERSON).planned(now)[str(bob.pk)].event_on == legal_date(now)
    keep_account(actor=actor_of_person(bob), now=now + timedelta(seconds=1))
    assert Driver(PERSON).planned(now) == {}
    assert str(bob.pk) in Driver(UNFINISHED).planned(now)


def test_a_request_of_erasure_is_carried_out_and_told_and_never_refused_silently(cast):
    bob, now = cast.bob.person, clock.now()
    for _twice in range(2):
        plan_person_erasure(request_id="rgt_1", person_id=bob.pk, now=now)
    assert plan_person_erasure(request_id="rgt_2", person_id=cast.alice.person.pk, now=now).refused == "only_owner"
    refused = Event.objects.get(name="rights_request.erasure_done")
    assert (refused.subject, refused.payload["refused"]) == ("rgt_2", "only_owner")
    assert "Acme" in refused.payload["detail"]
    driver = Driver(PERSON)
    assert driver.act(driver.item(str(bob.pk), now), later(6))
    job = Job.objects.get(kind="privacy.report_person_erasure")
    for told in (1, 0):
        counts = job.payload["counts"]
        assert report_person_erasure(person_id=int(job.payload["subject"]), counts=counts, now=now) == told
    done = Event.objects.get(name="rights_request.erasure_done", subject="rgt_1")
    assert done.payload["counts"]["accounts_person"] == 1
    assert plan_person_erasure(request_id="rgt_3", person_id=bob.pk, now=now).ended_at == now  # forgotten already
