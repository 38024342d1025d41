"""From an application to a customer (clauses C1, C5), and a customer's suspension (clause C7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from accounts.actions.create_api_token import ScopeNotYours, create_api_token
from accounts.actions.create_customer import CustomerNameTaken, create_customer
from accounts.actions.open_customer import open_customer
from accounts.actions.restore_customer import CustomerNotSuspended, restore_customer
from accounts.actions.revoke_api_token import revoke_api_token
from accounts.actions.sign_up import MOST_CUSTOMERS, TooManyCustomers, sign_up
from accounts.actions.suspend_customer import CustomerNotActive, ReasonNeeded, suspend_customer
from accounts.models import ApiToken, Application, Customer, Membership, Person
from accounts.queries import actor_of_person, actor_of_token
from accounts.rules.applications import Particulars, declarations_needed, declared
from accounts.rules.tokens import SECRET_LENGTH, checksum, take_apart
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.models import AuditEntry, Event
from tests.actions.test_accounts_members import together
from tests.cast import Cast, Customers

OF_ENTITY = sorted(declarations_needed(legal_entity=True))


def apply(person: Person, now: datetime, name: str = "UAB Žemė", **said: Any) -> Application:
    return sign_up(
        actor=actor_of_person(person),
        **{
            "name": name,
            "kind": "legal_entity",
            "country": "LT",
            "plan_code": "1",
            "particulars": Particulars("123033512", "", "Gedimino pr. 1", "01103", "Vilnius"),
            "position": "Director",
            "declarations": [declared(key, text=key.title(), language="en", now=now) for key in OF_ENTITY],
            "edition_read": None,
            "now": now,
        }
        | said,
    )


@pytest.fixture
def newcomer(customers: Customers) -> Person:
    person = customers.person("Nora")
    EmailAddress.objects.filter(user=person).update(verified=False)
    return person


def test_without_a_confirmed_address_nothing_but_the_application_exists(newcomer: Person, now: datetime) -> None:
    application = apply(newcomer, now)
    assert application.terms_accepted_at == now
    with pytest.raises(NotFound):
        open_customer(actor=actor_of_person(newcomer), now=now)
    assert not Customer.objects.exists()


def test_a_confirmed_address_opens_the_customer_once_and_its_person_owns_it(newcomer: Person, now: datetime) -> None:
    application = apply(newcomer, now)
    EmailAddress.objects.filter(user=newcomer).update(verified=True)
    customer = open_customer(actor=actor_of_person(newcomer), now=now)
    assert (customer.name, customer.slug, customer.country) == ("UAB Žemė", "uab-zeme", "LT")
    assert Membership.objects.get(customer=customer).role == "owner"
    assert Event.objects.get(name="customer.created").payload == {"plan_code": "1"}
    application.refresh_from_db()
    assert application.customer == customer
    with pytest.raises(NotFound):
        open_customer(actor=actor_of_person(newcomer), now=now)


def test_a_second_application_replaces_what_the_open_one_said(newcomer: Person, now: datetime) -> None:
    first, second = apply(newcomer, now), apply(newcomer, now, name="SIA Zeme")
    assert (first.id, second.name) == (second.id, "SIA Zeme")
    assert Application.objects.count() == 1


def test_whose_address_is_confirmed_has_the_customer_at_once_up_to_a_limit(customers: Customers, now: datetime) -> None:
    person = customers.person("Nora")
    slugs = {apply(person, now).customer.slug for _ in range(MOST_CUSTOMERS)}
    assert len(slugs) == MOST_CUSTOMERS
    with pytest.raises(TooManyCustomers):
        apply(person, now)


@pytest.mark.parametrize(
    ("name", "slug"), [("Acme & Co", "acme-co"), ("__", "customer"), ("Ромашка", "customer"), ("a_b", "a-b")]
)
def test_a_customers_address_is_made_of_its_name(customers: Customers, now: datetime, name: str, slug: str) -> None:
    assert apply(customers.person("Nora"), now, name).customer.slug == slug


@pytest.mark.parametrize("name", ["Public", "Staff", "API", "account", "new"])
def test_reserved_addresses_are_not_given_out(customers: Customers, now: datetime, name: str) -> None:
    assert apply(customers.person("Nora"), now, name).customer.slug.startswith(f"{name.lower()}-")


def test_two_customers_of_one_name_at_one_moment_get_two_addresses(transactional_db: None, now: datetime) -> None:
    people = [Customers().person("Nora") for _ in range(3)]
    outcomes = together(*[lambda person=person: apply(person, now, "Acme") for person in people])
    assert len({outcome.customer.slug for outcome in outcomes}) == 3


def test_a_customer_that_cannot_have_its_address_leaves_nothing(cast: Cast, now: datetime) -> None:
    before = Customer.objects.count()
    with pytest.raises(CustomerNameTaken):
        create_customer(
            actor=Actor.system("tests"),
            name="Acme",
            slug=cast.acme.slug,
            kind="legal_entity",
            country="LT",
            owner_id=cast.alice.person.pk,
            plan_code=None,
            now=now,
        )
    assert Customer.objects.count() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE %s", ["c\\_%"])
        assert cursor.fetchone() == (before,)


STAFF = Actor.staff(person_id="1", name="Sam", reason="Unpaid since May.")


def test_a_suspended_customer_s_tokens_are_refused_at_once_and_work_again_when_it_is_restored(
    cast: Cast, now: datetime
) -> None:
    token = cast.alice.token()
    assert actor_of_token(token, now=now)
    suspend_customer(actor=STAFF, customer_id=cast.acme.id, now=now)
    assert actor_of_token(token, now=now) is None
    restore_customer(actor=STAFF, customer_id=cast.acme.id, now=now)
    assert actor_of_token(token, now=now)
    entries = AuditEntry.objects.filter(customer_id=cast.acme.id, actor_kind="staff").order_by("id")
    assert [(entry.action, payload_of(entry).reason) for entry in entries] == [
        ("customer.suspended", "Unpaid since May."),
        ("customer.restored", "Unpaid since May."),
    ]


def test_only_staff_with_a_reason_suspend_and_only_what_is_active(cast: Cast, now: datetime) -> None:
    for actor in (cast.alice.actor, actor_of_person(cast.alice.person)):
        with pytest.raises(Forbidden):
            suspend_customer(actor=actor, customer_id=cast.acme.id, now=now)
    with pytest.raises(ReasonNeeded):
        suspend_customer(actor=replace(STAFF, reason=" "), customer_id=cast.acme.id, now=now)
    with pytest.raises(CustomerNotSuspended):
        restore_customer(actor=STAFF, customer_id=cast.acme.id, now=now)
    suspend_customer(actor=STAFF, customer_id=cast.acme.id, now=now)
    with pytest.raises(CustomerNotActive):
        suspend_customer(actor=STAFF, customer_id=cast.acme.id, now=now)


def test_a_token_is_kept_as_a_keyed_hash_and_knows_its_mode_and_end(cast: Cast, now: datetime) -> None:
    row, token = create_api_token(
        actor=cast.dave.actor, name="robot", live=False, scopes=frozenset({"seal.create"}), now=now, lifetime_days=30
    )
    parts = take_apart(token)
    assert parts
    assert parts.secret not in str(ApiToken.objects.values().get())
    actor = actor_of_token(token, now=row.created_at)
    assert actor
    assert (actor.live, actor.customer_id, actor.permissions) == (False, cast.acme.id, {"seal.create"})
    assert actor_of_token(token, now=row.expires_at) is None
    assert not token.startswith("sp_live_")


def test_the_right_id_with_the_wrong_secret_or_mode_is_nobody(cast: Cast, now: datetime) -> None:
    token = cast.dave.token(live=False)
    for wrong in (
        token.replace("sp_test_", "sp_live_"),
        token[: len("sp_test_") + 11] + "A" * SECRET_LENGTH + token[-6:],
    ):
        again = wrong[:-6] + checksum(wrong[:-6])
        assert take_apart(again)
        assert actor_of_token(again, now=now) is None


@pytest.mark.parametrize("scopes", [set(), {"seal.read_all"}, {"member.manage"}, {"token.manage"}, {"nonsense"}])
def test_nobody_makes_a_token_that_may_more_than_its_maker_or_nothing(
    cast: Cast, now: datetime, scopes: set[str]
) -> None:
    with pytest.raises(ScopeNotYours):
        create_api_token(actor=cast.dave.actor, name="robot", live=True, scopes=frozenset(scopes), now=now)


def test_a_token_makes_no_token(cast: Cast, now: datetime) -> None:
    robot = actor_of_token(cast.alice.token(), now=now)
    assert robot
    with pytest.raises(Forbidden):
        create_api_token(actor=robot, name="heir", live=True, scopes=frozenset({"seal.create"}), now=now)


def test_a_revoked_token_is_nobody_and_a_stranger_revokes_nothing(cast: Cast, now: datetime) -> None:
    token = cast.dave.token()
    row = ApiToken.objects.get()
    with pytest.raises(NotFound):
        revoke_api_token(actor=cast.mallory.actor, token_id=row.id, now=now)
    with pytest.raises(Forbidden):
        revoke_api_token(actor=cast.bob.actor, token_id=row.id, now=now)
    revoke_api_token(actor=cast.alice.actor, token_id=row.id, now=now)
    assert actor_of_token(token, now=now) is None
    with pytest.raises(Refusal):
        revoke_api_token(actor=cast.alice.actor, token_id=row.id, now=now)


def test_the_last_use_of_a_token_is_noted_roughly(cast: Cast, now: datetime) -> None:
    token = cast.dave.token()
    moments = [now, now.replace(minute=34), now.replace(minute=36)]
    seen = []
    for moment in moments:
        assert actor_of_token(token, now=moment)
        seen.append(ApiToken.objects.get().last_used_at)
    assert seen == [now, now, now.replace(minute=36)]
