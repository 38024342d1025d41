"""Attacks on who is a member: invitations, ownership at one moment, and what is left of somebody who went."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import Client

from accounts.actions._standing import OwnerNeeded
from accounts.actions.accept_invitation import accept_invitation
from accounts.actions.change_member_visibility import change_member_visibility
from accounts.actions.change_role import change_role
from accounts.actions.end_membership import end_membership
from accounts.actions.invite_member import invite_member
from accounts.actions.invite_members import invite_members
from accounts.actions.leave_customer import leave_customer
from accounts.actions.revoke_invitation import revoke_invitation
from accounts.actions.suspend_member import suspend_member
from accounts.actions.transfer_ownership import transfer_ownership
from accounts.models import ApiToken, Invitation, Membership, Notice
from accounts.queries import actor_of_person, actor_of_token, invitation_secret
from accounts.rules.invitation_lists import Line
from accounts.rules.permissions import Role
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Forbidden, Refusal
from portal.invariants import broken_invariants
from tests.actions.test_accounts_members import together
from tests.cast import Cast, Customers, Member

Steps = Callable[[Member, Member], tuple[Callable[[], object], Callable[[], object]]]


def link(invitation: Invitation) -> str:
    return f"/invitations/{invitation_secret(invitation.id)}/"


def take(member: Member, invitation: Invitation) -> int:
    client = member.client()
    shown: int = client.get(link(invitation)).status_code
    client.post(link(invitation), {})
    return shown


# --- Invitations ----------------------------------------------------------------------------------------------------


def test_an_invitation_makes_nobody_a_member_but_the_one_it_was_sent_to_where_it_was_sent_from(cast: Cast) -> None:
    """A forwarded or guessed link, at another customer, by another address."""
    now, mallory = clock.now(), cast.mallory
    made = invite_member(actor=cast.alice.actor, email="erin@example.org", role=Role.ADMINISTRATOR, now=now)
    before = set(Membership.objects.values_list("id", "role", "status"))
    take(mallory, made)
    take(cast.bob, made)
    own = mallory.client()
    for path in (mallory.url(link(made)), mallory.url("people/")):
        own.post(path, {"action": "withdraw", "invitation": made.id, "customer": cast.globex.id})
    assert set(Membership.objects.values_list("id", "role", "status")) == before
    made.refresh_from_db()
    assert (made.accepted_at, made.revoked_at) == (None, None)


def test_an_invitation_that_was_revoked_expired_or_used_is_worth_nothing(customers: Customers, cast: Cast) -> None:
    erin, now, alice = customers.person("Erin"), clock.now(), cast.alice.actor
    actor = actor_of_person(erin)
    old = invite_member(actor=alice, email=erin.email, role=Role.MEMBER, now=now - timedelta(days=8))
    revoked = invite_member(actor=alice, email=erin.email, role=Role.MEMBER, now=now)
    revoke_invitation(actor=alice, invitation_id=revoked.id, now=now)
    used = invite_member(actor=alice, email=erin.email, role=Role.MEMBER, now=now)
    member = accept_invitation(actor=actor, secret=invitation_secret(used.id), now=now)
    end_membership(actor=alice, membership_id=member.id, now=now)
    for invitation in (old, revoked, used):
        with pytest.raises(Refusal):
            accept_invitation(actor=actor, secret=invitation_secret(invitation.id), now=now)
    assert Membership.objects.get(id=member.id).status == "ended"


def test_an_administrator_neither_withdraws_nor_replaces_the_offer_to_become_owner(cast: Cast) -> None:
    """Staff offer it too, when an administrator is replaced: whoever is replaced must not be able to undo it."""
    now = clock.now()
    Membership.objects.filter(id=cast.bob.membership.id).update(role="administrator")
    offer = invite_member(actor=cast.alice.actor, email="erin@example.org", role=Role.OWNER, now=now)
    with pytest.raises(OwnerNeeded):
        revoke_invitation(actor=cast.bob.actor, invitation_id=offer.id, now=now)
    with pytest.raises(OwnerNeeded):
        invite_member(actor=cast.bob.actor, email="Erin@example.org", role=Role.MEMBER, now=now)
    assert Invitation.objects.open(now=now).get() == offer


def test_a_list_sent_twice_at_one_moment_invites_everybody_once(transactional_db: None) -> None:
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    lines = [Line(number, f"p{number}@example.org", Role.MEMBER) for number in range(5)]
    actor, now = alice.actor, clock.now()
    outcomes = together(*[lambda: invite_members(actor=actor, lines=lines, now=now)] * 3)
    assert sorted(len(made) for made in outcomes if isinstance(made, list)) == [0, 0, 5]
    assert Invitation.objects.filter(revoked_at=None).count() == Invitation.objects.count() == 5


def test_one_request_that_many_senders_repeat_at_one_moment_is_done_once(transactional_db: None) -> None:
    """The rest hear that it is being worked on, or what came of it; none does it again."""
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    headers = {"Authorization": f"Bearer {alice.token(scopes=frozenset({'member.manage'}))}", "Idempotency-Key": "hr-1"}
    body = {"email": "erin@example.org", "role": "member"}

    def send() -> tuple[int, str]:
        answer = Client().post("/api/v1/members", body, content_type="application/json", headers=headers)
        return answer.status_code, answer.json().get("id", "")

    outcomes = together(*[send] * 8)
    assert {status for status, _id in outcomes} <= {201, 409}
    assert len({made for _status, made in outcomes if made}) == 1
    assert Invitation.objects.count() == 1
    assert send() == (201, Invitation.objects.get().id)


# --- The last owner -------------------------------------------------------------------------------------------------


def _suspend_and_transfer(alice: Member, olga: Member) -> tuple[Callable[[], object], Callable[[], object]]:
    one, two, now = alice.actor, olga.actor, clock.now()
    bob = Membership.objects.exclude(role="owner").select_related("person").get()
    return (
        lambda: suspend_member(actor=one, membership_id=olga.membership.id, now=now),
        lambda: transfer_ownership(actor=two, membership_id=bob.id, confirmed_email=bob.person.email, now=now),
    )


def _both_leave(alice: Member, olga: Member) -> tuple[Callable[[], object], Callable[[], object]]:
    one, two, now = alice.actor, olga.actor, clock.now()
    return (
        lambda: leave_customer(actor=one, confirmed_name="Acme", now=now),
        lambda: leave_customer(actor=two, confirmed_name="Acme", now=now),
    )


def _end_each_other(alice: Member, olga: Member) -> tuple[Callable[[], object], Callable[[], object]]:
    one, two, now = alice.actor, olga.actor, clock.now()
    return (
        lambda: end_membership(actor=one, membership_id=olga.membership.id, now=now),
        lambda: end_membership(actor=two, membership_id=alice.membership.id, now=now),
    )


@pytest.mark.parametrize("steps", [_suspend_and_transfer, _both_leave, _end_each_other])
def test_two_owners_at_one_moment_leave_the_customer_an_owner(transactional_db: None, steps: Steps) -> None:
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    olga = customers.member(alice.customer, "Olga", "owner")
    customers.member(alice.customer, "Bob", "member")
    together(*steps(alice, olga))
    assert Membership.objects.active().filter(customer=alice.customer, role="owner").exists()
    assert "every active customer has an active owner" not in broken_invariants()


def test_who_lost_their_role_while_they_waited_does_nothing_with_it_any_more(cast: Cast, customers: Customers) -> None:
    """Who changes memberships waits for who does so already; what they might was read before they waited."""
    now, bob = clock.now(), cast.bob.membership.id
    olga, owen = (customers.member(cast.acme, name, "owner") for name in ("Olga", "Owen"))
    waiting = olga.actor
    token = olga.token(scopes=frozenset({"member.manage"}))
    program = actor_of_token(token, now=now)
    assert program is not None
    change_role(actor=cast.alice.actor, membership_id=olga.membership.id, role=Role.ADMINISTRATOR, now=now)
    for offer in (
        lambda: change_role(actor=waiting, membership_id=bob, role=Role.OWNER, now=now),
        lambda: end_membership(actor=waiting, membership_id=owen.membership.id, now=now),
        lambda: invite_member(actor=waiting, email="erin@example.org", role=Role.OWNER, now=now),
    ):
        with pytest.raises(OwnerNeeded):
            offer()
    suspend_member(actor=cast.alice.actor, membership_id=olga.membership.id, now=now)
    lines = [Line(1, "erin@example.org", Role.MEMBER)]
    for actor in (waiting, program):
        for act in (
            lambda by: end_membership(actor=by, membership_id=bob, now=now),
            lambda by: invite_member(actor=by, email="erin@example.org", role=Role.MEMBER, now=now),
            lambda by: invite_members(actor=by, lines=lines, now=now),
            lambda by: change_member_visibility(actor=by, membership_id=bob, sees_all=True, now=now),
        ):
            with pytest.raises(Forbidden):
                act(actor)
    assert not Invitation.objects.exists()


def change_at_once(members: QuerySet[Membership], change: dict[str, str]) -> None:
    """As an UPDATE in a console, with the checks that its commit makes."""
    members.update(**change)
    connection.check_constraints()


def test_not_even_a_statement_in_a_console_takes_the_last_owner(cast: Cast) -> None:
    owner = Membership.objects.filter(id=cast.alice.membership.id)
    for change in ({"role": "member"}, {"status": "suspended"}, {"status": "ended"}):
        with pytest.raises(IntegrityError, match="would have no owner"), transaction.atomic():
            change_at_once(owner, change)
    with transaction.atomic():
        owner.update(role="member")
        Membership.objects.filter(id=cast.bob.membership.id).update(role="owner")
        connection.check_constraints()


def test_two_consoles_that_each_take_one_of_the_last_two_owners_leave_one(transactional_db: None) -> None:
    """What the lock in the trigger is for: each transaction alone would be right."""
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    olga = customers.member(alice.customer, "Olga", "owner")
    first_checked, second_done = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            change_at_once(Membership.objects.filter(id=alice.membership.id), {"status": "ended"})
            first_checked.set()
            second_done.wait(timeout=0.5)  # without the lock the second would be through by now

    def second() -> None:
        first_checked.wait(timeout=10)
        try:
            with transaction.atomic():
                change_at_once(Membership.objects.filter(id=olga.membership.id), {"status": "ended"})
        finally:
            second_done.set()

    outcomes = together(first, second, expected=IntegrityError)
    assert [isinstance(outcome, IntegrityError) for outcome in outcomes] == [False, True]
    assert Membership.objects.active().filter(customer=alice.customer, role="owner").count() == 1


def test_a_closed_customer_needs_no_owner(cast: Cast) -> None:
    with transaction.atomic():
        type(cast.acme).objects.filter(id=cast.acme.id).update(status="closed")
        Membership.objects.filter(customer=cast.acme).update(status="ended")
        connection.check_constraints()


def test_ownership_is_handed_over_by_an_owner_alone_and_to_a_member_who_is_here(
    customers: Customers, cast: Cast
) -> None:
    now, bob = clock.now(), cast.bob.membership.id
    token = Actor("token", "tok_1", "robot", customer_id=cast.acme.id, permissions=cast.alice.actor.permissions)
    for actor in (cast.dave.actor, customers.member(cast.acme, "Ada", "administrator").actor, token):
        with pytest.raises(Refusal) as refused:
            transfer_ownership(actor=actor, membership_id=bob, confirmed_email=cast.bob.person.email, now=now)
        assert refused.value.code == "owner_needed"
    suspend_member(actor=cast.alice.actor, membership_id=bob, now=now)
    wanted = {
        bob: ("wrong_member_status", cast.bob),
        cast.alice.membership.id: ("not_found", cast.alice),
        cast.mallory.membership.id: ("not_found", cast.mallory),
        cast.dave.membership.id: ("member_not_confirmed", cast.bob),
    }
    for member_id, (code, typed) in wanted.items():
        with pytest.raises(Refusal) as refused:
            transfer_ownership(
                actor=cast.alice.actor, membership_id=member_id, confirmed_email=typed.person.email, now=now
            )
        assert refused.value.code == code
    assert cast.alice.actor.may("owner.appoint")
    was_owner = cast.alice.actor
    dave = cast.dave.person.email
    transfer_ownership(actor=was_owner, membership_id=cast.dave.membership.id, confirmed_email=dave, now=now)
    with pytest.raises(Refusal):  # a page that was open in another window: what she was is no longer true
        transfer_ownership(actor=was_owner, membership_id=cast.bob.membership.id, confirmed_email=dave, now=now)
    assert {each.kind for each in Notice.objects.all()} == {"member.suspended", "ownership.transferred"}
    told = Notice.objects.get(kind="ownership.transferred").deliveries.values_list("person_id", flat=True)
    assert set(told) == {cast.alice.person.pk, cast.dave.person.pk}


# --- Who went -------------------------------------------------------------------------------------------------------


def test_of_who_went_nothing_works_any_more_and_coming_back_brings_nothing_back(
    customers: Customers, cast: Cast
) -> None:
    """Sessions, tokens, open invitations and what was granted."""
    now, alice, dave = clock.now(), cast.alice.actor, cast.dave
    browser, token = dave.client(), dave.token()
    program = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {token}"})
    Membership.objects.filter(id=dave.membership.id).update(sees_all=True)
    Invitation.objects.create(
        customer=cast.acme,
        email=dave.person.email,
        role="administrator",
        secret_hash="earlier",
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    assert browser.get(dave.url("documents/")).status_code == program.get("/api/v1/seals").status_code == 200
    end_membership(actor=alice, membership_id=dave.membership.id, now=now)
    for path in ("", "documents/", "documents.csv", "people/", "people/leave/"):
        assert browser.get(dave.url(path)).status_code == 404
    assert program.get("/api/v1/seals").status_code == 401
    assert (ApiToken.objects.get().revoked_at, Invitation.objects.get().revoked_at) == (now, now)
    again = invite_member(actor=alice, email=dave.person.email, role=Role.DEVELOPER, now=now)
    accept_invitation(actor=actor_of_person(dave.person), secret=invitation_secret(again.id), now=now)
    assert browser.get(dave.url("documents/")).status_code == 200
    assert program.get("/api/v1/seals").status_code == 401, "a token from before stays revoked"
    assert not dave.actor.may("seal.read_all")


def test_everybody_concerned_is_told_and_cannot_mute_it(cast: Cast) -> None:
    now, alice, bob = clock.now(), cast.alice.actor, cast.bob.membership.id
    Membership.objects.update(muted_topics=["member", "ownership"])
    change_role(actor=alice, membership_id=bob, role=Role.AUDITOR, now=now)
    suspend_member(actor=alice, membership_id=bob, now=now)
    end_membership(actor=alice, membership_id=bob, now=now)
    leave_customer(actor=cast.dave.actor, confirmed_name="Acme", now=now)
    told = {
        notice.kind: [(each.person_id, each.state) for each in notice.deliveries.all()]
        for notice in Notice.objects.all()
    }
    of_bob = [(cast.bob.person.pk, "queued")]
    assert told == {
        "member.role_changed": of_bob,
        "member.suspended": of_bob,
        "member.ended": of_bob,
        "member.left": [(cast.alice.person.pk, "muted")],
    }
