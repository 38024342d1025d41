"""Roles, suspension and the end of a membership (clause C2)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from accounts.actions._standing import LastOwner, OwnerNeeded, WrongMemberStatus
from accounts.actions.change_role import change_role
from accounts.actions.end_membership import end_membership
from accounts.actions.restore_member import restore_member
from accounts.actions.suspend_member import suspend_member
from accounts.models import Membership
from accounts.queries import actor_of_token, members_of
from accounts.rules.permissions import TOKEN_SCOPES, Role
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.models import AuditEntry, Event
from tests.cast import Cast, Customers, Member


def status_of(member: Member) -> str:
    return Membership.objects.get(id=member.membership.id).status


def test_a_changed_role_holds_at_once_and_is_recorded_with_what_it_was(cast: Cast, now: datetime) -> None:
    change_role(actor=cast.alice.actor, membership_id=cast.bob.membership.id, role=Role.DEVELOPER, now=now)
    assert cast.bob.actor.may("token.manage")
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert (entry.customer_id, entry.subject, entry.actor_id) == (
        cast.acme.id,
        cast.bob.membership.id,
        cast.alice.membership.id,
    )
    assert payload_of(entry).details["from"]["role"] == "member"
    assert payload_of(entry).details["to"]["role"] == "developer"
    assert Event.objects.get(name="member.role_changed").subject == cast.bob.membership.id


def test_an_administrator_manages_members_but_neither_makes_nor_touches_owners(
    customers: Customers, cast: Cast, now: datetime
) -> None:
    eve = customers.member(cast.acme, "Eve", "administrator")
    suspend_member(actor=eve.actor, membership_id=cast.bob.membership.id, now=now)
    for member, role in ((eve, Role.OWNER), (cast.dave, Role.OWNER), (cast.alice, Role.MEMBER)):
        with pytest.raises(OwnerNeeded):
            change_role(actor=eve.actor, membership_id=member.membership.id, role=role, now=now)
    for action in (suspend_member, end_membership):
        with pytest.raises(OwnerNeeded):
            action(actor=eve.actor, membership_id=cast.alice.membership.id, now=now)
    assert cast.alice.actor.may("owner.appoint")


@pytest.mark.parametrize("change", [suspend_member, end_membership, partial(change_role, role=Role.MEMBER)])
def test_the_last_owner_stays(cast: Cast, now: datetime, change: Callable[..., object]) -> None:
    with pytest.raises(LastOwner):
        change(actor=cast.alice.actor, membership_id=cast.alice.membership.id, now=now)
    assert cast.alice.actor.may("owner.appoint")
    assert not AuditEntry.objects.filter(action__startswith="member.").exists()


def test_a_suspended_owner_is_no_owner_to_leave_the_customer_to(
    customers: Customers, cast: Cast, now: datetime
) -> None:
    second = customers.member(cast.acme, "Olga", "owner")
    suspend_member(actor=cast.alice.actor, membership_id=second.membership.id, now=now)
    with pytest.raises(LastOwner):
        end_membership(actor=cast.alice.actor, membership_id=cast.alice.membership.id, now=now)
    restore_member(actor=cast.alice.actor, membership_id=second.membership.id, now=now)
    end_membership(actor=cast.alice.actor, membership_id=cast.alice.membership.id, now=now)
    assert status_of(cast.alice) == "ended"


def test_suspension_and_restoration_each_happen_once(cast: Cast, now: datetime) -> None:
    alice, bob = cast.alice.actor, cast.bob.membership.id
    with pytest.raises(WrongMemberStatus):
        restore_member(actor=alice, membership_id=bob, now=now)
    suspend_member(actor=alice, membership_id=bob, now=now)
    with pytest.raises(WrongMemberStatus):
        suspend_member(actor=alice, membership_id=bob, now=now)
    restore_member(actor=alice, membership_id=bob, now=now)
    assert status_of(cast.bob) == "active"


def test_a_membership_that_ended_is_gone_for_every_action(cast: Cast, now: datetime) -> None:
    alice, bob = cast.alice.actor, cast.bob.membership.id
    end_membership(actor=alice, membership_id=bob, now=now)
    assert Membership.objects.get(id=bob).ended_at == now
    for action in (suspend_member, restore_member, end_membership):
        with pytest.raises(NotFound):
            action(actor=alice, membership_id=bob, now=now)
    assert bob not in {member.id for member in members_of(alice)}


@pytest.mark.parametrize("action", [suspend_member, restore_member, end_membership])
def test_a_stranger_member_is_not_found_and_an_unprivileged_one_refused(
    cast: Cast, now: datetime, action: Callable[..., object]
) -> None:
    with pytest.raises(NotFound):
        action(actor=cast.mallory.actor, membership_id=cast.bob.membership.id, now=now)
    for member in (cast.bob, cast.carol, cast.dave):
        with pytest.raises(Forbidden):
            action(actor=member.actor, membership_id=cast.alice.membership.id, now=now)


def test_tokens_do_what_their_maker_may_do_now(cast: Cast, now: datetime) -> None:
    token, alice, dave = cast.dave.token(), cast.alice.actor, cast.dave.membership.id
    later = now + timedelta(minutes=1)

    def permissions() -> frozenset[str] | None:
        found = actor_of_token(token, now=later)
        return found and found.permissions

    assert permissions() == cast.dave.actor.permissions & TOKEN_SCOPES > {"seal.create"}
    change_role(actor=alice, membership_id=dave, role=Role.BILLING, now=now)
    assert permissions() == {"usage.read", "certificate.read"}
    suspend_member(actor=alice, membership_id=dave, now=now)
    assert permissions() is None
    restore_member(actor=alice, membership_id=dave, now=now)
    assert permissions() == {"usage.read", "certificate.read"}
    end_membership(actor=alice, membership_id=dave, now=now)
    assert permissions() is None


def together(*steps: Callable[[], object], expected: type[Exception] = Refusal) -> list[object]:
    """Run the steps at one moment, each with its own connection; their results or refusals."""
    start, outcomes = threading.Barrier(len(steps)), [object()] * len(steps)

    def run(place: int) -> None:
        try:
            start.wait(timeout=10)
            outcomes[place] = steps[place]()
        except expected as refusal:
            outcomes[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


@pytest.mark.parametrize("attempt", range(5))
def test_two_owners_who_unmake_each_other_leave_one(transactional_db: None, now: datetime, attempt: int) -> None:
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"), plan_code=None)
    olga = customers.member(alice.customer, "Olga", "owner")
    one, two = alice.actor, olga.actor
    outcomes = together(
        lambda: change_role(actor=one, membership_id=olga.membership.id, role=Role.MEMBER, now=now),
        lambda: end_membership(actor=two, membership_id=alice.membership.id, now=now),
    )
    assert sum(isinstance(outcome, LastOwner) for outcome in outcomes) == 1
    assert Membership.objects.active().filter(customer=alice.customer, role="owner").count() == 1
    assert AuditEntry.objects.filter(action__startswith="member.").count() == 1
