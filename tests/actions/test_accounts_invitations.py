"""Invitations are bound to a customer, a role and an address; they work once and for seven days."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db.models import Model

from accounts.actions._invitations import AlreadyMember, TooManyInvitations
from accounts.actions._standing import OwnerNeeded
from accounts.actions.accept_invitation import accept_invitation
from accounts.actions.end_membership import end_membership
from accounts.actions.invite_member import invite_member
from accounts.actions.revoke_invitation import revoke_invitation
from accounts.actions.suspend_member import suspend_member
from accounts.models import Customer, Invitation, Membership, NoticeDelivery, Person
from accounts.queries import actor_of_person, invitation_secret
from accounts.rules.invitations import DAILY_LIMIT, LIFETIME
from accounts.rules.permissions import Role
from kernel import clock, jobs, runner
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound
from kernel.models import AuditEntry, Event, Job
from tests.actions.test_accounts_members import together
from tests.cast import Cast, Customers


def invite(cast: Cast, person: Person, now: datetime, role: Role = Role.DEVELOPER) -> tuple[Invitation, str]:
    invitation = invite_member(actor=cast.alice.actor, email=person.email, role=role, now=now)
    return invitation, invitation_secret(invitation.id)


@pytest.fixture
def erin(customers: Customers) -> Person:
    return customers.person("Erin")


def test_an_accepted_invitation_makes_a_member_in_the_role_that_was_offered(
    cast: Cast, erin: Person, now: datetime
) -> None:
    invitation, secret = invite(cast, erin, now)
    membership = accept_invitation(actor=actor_of_person(erin), secret=secret, now=now)
    assert (membership.customer_id, membership.role, membership.status) == (cast.acme.id, "developer", "active")
    entry = AuditEntry.objects.get(action="member.joined")
    assert (entry.customer_id, entry.subject, payload_of(entry).details["invitation"]) == (
        cast.acme.id,
        membership.id,
        invitation.id,
    )


def test_the_secret_stands_in_the_mail_and_nowhere_in_the_database(cast: Cast, erin: Person) -> None:
    invitation, secret = invite(cast, erin, clock.now())
    while (job := jobs.claim()) is not None:
        if job.kind == "accounts.mail_invitation":
            runner.run(job)
    assert Job.objects.get(kind="accounts.mail_invitation").state == "done"
    (message,) = mail.outbox
    assert message.to == [erin.email]
    assert f"/invitations/{secret}/" in message.body
    assert "Alice" in message.body
    assert "Acme" in message.subject
    kept: list[type[Model]] = [Invitation, Job, Event, AuditEntry]
    rows = [json.dumps(list(model.objects.values()), default=str) for model in kept]
    assert not any(secret in row for row in rows)
    assert invitation.secret_hash != secret


def test_an_invitation_works_once(cast: Cast, erin: Person, now: datetime) -> None:
    _invitation, secret = invite(cast, erin, now)
    accept_invitation(actor=actor_of_person(erin), secret=secret, now=now)
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_of_person(erin), secret=secret, now=now)


def test_an_invitation_ends_exactly_after_seven_days(cast: Cast, erin: Person, now: datetime) -> None:
    _invitation, secret = invite(cast, erin, now)
    end = now + LIFETIME
    assert Invitation.objects.open(now=end - timedelta(microseconds=1)).exists()
    assert not Invitation.objects.open(now=end).exists()
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_of_person(erin), secret=secret, now=end)
    accept_invitation(actor=actor_of_person(erin), secret=secret, now=end - timedelta(microseconds=1))


def test_a_stranger_with_the_link_finds_nothing_even_with_the_address_unconfirmed(
    customers: Customers, cast: Cast, erin: Person, now: datetime
) -> None:
    _invitation, secret = invite(cast, erin, now)
    mallory = cast.mallory.person
    EmailAddress.objects.create(user=mallory, email=erin.email, verified=False)
    for person in (mallory, customers.person("Trudy")):
        with pytest.raises(NotFound):
            accept_invitation(actor=actor_of_person(person), secret=secret, now=now)
    assert not Membership.objects.filter(customer=cast.acme, person=mallory).exists()


def test_a_confirmed_second_address_is_as_good_as_the_first(cast: Cast, erin: Person, now: datetime) -> None:
    EmailAddress.objects.create(user=erin, email="erin@work.example", verified=True)
    made = invite_member(actor=cast.alice.actor, email="Erin@Work.example", role=Role.MEMBER, now=now)
    accept_invitation(actor=actor_of_person(erin), secret=invitation_secret(made.id), now=now)
    assert Membership.objects.filter(customer=cast.acme, person=erin).exists()


@pytest.mark.parametrize("secret", ["", "x" * 43, "../../etc", "inv_0"])
def test_a_guessed_secret_finds_nothing(cast: Cast, erin: Person, now: datetime, secret: str) -> None:
    invite(cast, erin, now)
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_of_person(erin), secret=secret, now=now)


def test_inviting_again_makes_the_earlier_link_worthless(cast: Cast, erin: Person, now: datetime) -> None:
    _first, old = invite(cast, erin, now)
    _second, new = invite(cast, erin, now, Role.MEMBER)
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_of_person(erin), secret=old, now=now)
    assert accept_invitation(actor=actor_of_person(erin), secret=new, now=now).role == "member"


def test_an_expired_invitation_can_be_made_again(cast: Cast, erin: Person, now: datetime) -> None:
    invite(cast, erin, now)
    _again, secret = invite(cast, erin, now + LIFETIME)
    assert accept_invitation(actor=actor_of_person(erin), secret=secret, now=now + LIFETIME)


def test_a_revoked_invitation_cannot_be_accepted_nor_revoked_again(cast: Cast, erin: Person, now: datetime) -> None:
    invitation, secret = invite(cast, erin, now)
    with pytest.raises(NotFound):
        revoke_invitation(actor=cast.mallory.actor, invitation_id=invitation.id, now=now)
    revoke_invitation(actor=cast.alice.actor, invitation_id=invitation.id, now=now)
    with pytest.raises(NotFound):
        revoke_invitation(actor=cast.alice.actor, invitation_id=invitation.id, now=now)
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_of_person(erin), secret=secret, now=now)


def test_only_owners_invite_owners_and_only_managers_invite(
    customers: Customers, cast: Cast, erin: Person, now: datetime
) -> None:
    administrator = customers.member(cast.acme, "Ada", "administrator").actor
    with pytest.raises(OwnerNeeded):
        invite_member(actor=administrator, email=erin.email, role=Role.OWNER, now=now)
    for member in (cast.bob, cast.carol, cast.dave):
        with pytest.raises(Forbidden):
            invite_member(actor=member.actor, email=erin.email, role=Role.MEMBER, now=now)
    assert invite_member(actor=cast.alice.actor, email=erin.email, role=Role.OWNER, now=now)


def test_members_are_not_invited_and_a_suspended_one_does_not_come_back_by_invitation(
    cast: Cast, erin: Person, now: datetime
) -> None:
    with pytest.raises(AlreadyMember):
        invite_member(actor=cast.alice.actor, email=cast.bob.person.email.upper(), role=Role.OWNER, now=now)
    EmailAddress.objects.create(user=cast.bob.person, email="bob@home.example", verified=True)
    made = invite_member(actor=cast.alice.actor, email="bob@home.example", role=Role.ADMINISTRATOR, now=now)
    suspend_member(actor=cast.alice.actor, membership_id=cast.bob.membership.id, now=now)
    with pytest.raises(AlreadyMember):
        accept_invitation(actor=actor_of_person(cast.bob.person), secret=invitation_secret(made.id), now=now)
    assert cast.bob.actor.permissions == frozenset()
    assert Invitation.objects.get(id=made.id).accepted_at is None


def test_who_left_comes_back_as_the_same_member(cast: Cast, now: datetime) -> None:
    end_membership(actor=cast.alice.actor, membership_id=cast.bob.membership.id, now=now)
    made = invite_member(actor=cast.alice.actor, email=cast.bob.person.email, role=Role.AUDITOR, now=now)
    again = accept_invitation(actor=actor_of_person(cast.bob.person), secret=invitation_secret(made.id), now=now)
    assert again.id == cast.bob.membership.id
    assert (cast.bob.actor.may("audit.read"), cast.bob.actor.may("seal.create")) == (True, False)


def test_an_invitation_of_a_suspended_customer_finds_nothing(cast: Cast, erin: Person, now: datetime) -> None:
    _invitation, secret = invite(cast, erin, now)
    Customer.objects.filter(id=cast.acme.id).update(status="suspended")
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_of_person(erin), secret=secret, now=now)


def test_a_customer_sends_so_many_invitations_a_day(cast: Cast, now: datetime) -> None:
    rows = [
        Invitation(
            customer=cast.acme,
            email=f"{n}@example.org",
            role="member",
            secret_hash=str(n),
            created_at=now,
            expires_at=now,
        )
        for n in range(DAILY_LIMIT)
    ]
    Invitation.objects.bulk_create(rows)
    with pytest.raises(TooManyInvitations):
        invite_member(actor=cast.alice.actor, email="one@more.example", role=Role.MEMBER, now=now)
    tomorrow = now + timedelta(days=1)
    assert invite_member(actor=cast.alice.actor, email="one@more.example", role=Role.MEMBER, now=tomorrow)


def test_an_invitation_accepted_twice_at_one_moment_makes_one_member(transactional_db: None, now: datetime) -> None:
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    erin = customers.person("Erin")
    made = invite_member(actor=alice.actor, email=erin.email, role=Role.MEMBER, now=now)
    actor, secret = actor_of_person(erin), invitation_secret(made.id)
    outcomes = together(*[lambda: accept_invitation(actor=actor, secret=secret, now=now)] * 4)
    assert sum(isinstance(outcome, Membership) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NotFound | AlreadyMember) for outcome in outcomes) == 3
    assert Membership.objects.filter(person=erin).count() == 1
    assert AuditEntry.objects.filter(action="member.joined").count() == 1


def test_an_invitation_is_either_accepted_or_revoked(transactional_db: None, now: datetime) -> None:
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    erin, owner = customers.person("Erin"), alice.actor
    made = invite_member(actor=owner, email=erin.email, role=Role.MEMBER, now=now)
    actor, secret = actor_of_person(erin), invitation_secret(made.id)
    outcomes = together(
        lambda: accept_invitation(actor=actor, secret=secret, now=now),
        lambda: revoke_invitation(actor=owner, invitation_id=made.id, now=now),
    )
    assert sum(isinstance(outcome, NotFound) for outcome in outcomes) == 1
    made.refresh_from_db()
    assert (made.accepted_at is None) != (made.revoked_at is None)


def test_who_manages_members_is_told_that_somebody_has_joined(cast: Cast, now: datetime) -> None:
    _invitation, secret = invite(cast, cast.mallory.person, now)
    accept_invitation(actor=actor_of_person(cast.mallory.person), secret=secret, now=now)
    delivery = NoticeDelivery.objects.get(notice__kind="member.joined", notice__customer=cast.acme)
    assert delivery.person_id == cast.alice.person.pk
