"""The people and customers that tests are about."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.test import Client

from accounts.actions.create_api_token import create_api_token
from accounts.actions.create_customer import create_customer
from accounts.models import Customer, Membership, Person
from accounts.queries import actor_of_membership
from accounts.rules.permissions import TOKEN_SCOPES
from kernel import clock
from kernel.actor import Actor

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Member:
    """A person, and its membership at one customer."""

    person: Person
    membership: Membership
    customer: Customer

    @property
    def actor(self) -> Actor:
        return actor_of_membership(Membership.objects.select_related("person", "customer").get(pk=self.membership.pk))

    def client(self) -> Client:
        """A browser in which this person is signed in."""
        client = Client(HTTP_HOST="localhost")
        client.force_login(self.person, "allauth.account.auth_backends.AuthenticationBackend")
        return client

    def confirmed(self) -> Client:
        """A browser in which this person has typed the password just now."""
        client = Client(HTTP_HOST="localhost")
        answer = client.post("/account/login/", {"login": self.person.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    def url(self, path: str) -> str:
        """`path` in the portal of the member's customer."""
        return f"/c/{self.customer.slug}/{path.lstrip('/')}"

    def token(self, *, live: bool = True, scopes: frozenset[str] = TOKEN_SCOPES) -> str:
        """A new API token made by this member."""
        allowed = scopes & self.actor.permissions
        return create_api_token(actor=self.actor, name="robot", live=live, scopes=allowed, now=clock.now())[1]


@dataclass(frozen=True)
class Cast:
    acme: Customer
    alice: Member
    bob: Member
    carol: Member
    dave: Member
    globex: Customer
    mallory: Member


class Customers:
    """Makes customers and people."""

    def person(self, name: str) -> Person:
        email = f"{name.lower()}-{secrets.token_hex(3)}@example.org"
        person = Person.objects.create_user(email, PASSWORD, name=name)
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        return person

    def customer(self, name: str, owner: Person, *, plan_code: str | None = "1") -> Member:
        customer = create_customer(
            actor=Actor.system("tests"),
            name=name,
            kind=Customer.Kind.LEGAL_ENTITY,
            country="LT",
            owner_id=owner.pk,
            plan_code=plan_code,
            now=clock.now(),
            slug=f"{name.lower()}-{secrets.token_hex(3)}",
        )
        return Member(owner, Membership.objects.get(customer=customer), customer)

    def member(self, customer: Customer, name: str, role: str) -> Member:
        person = self.person(name)
        membership = Membership.objects.create(customer=customer, person=person, role=role, created_at=clock.now())
        return Member(person, membership, customer)

    def crowd(self, customer: Customer, count: int) -> None:
        """So many auditors at once, who never sign in."""
        names = [f"Many{number:03}" for number in range(count)]
        people = [Person(email=f"{name.lower()}@crowd.example", name=name) for name in names]
        Membership.objects.bulk_create(
            Membership(customer=customer, person=person, role="auditor", created_at=clock.now())
            for person in Person.objects.bulk_create(people)
        )

    def cast(self) -> Cast:
        alice = self.customer("Acme", self.person("Alice"))
        mallory = self.customer("Globex", self.person("Mallory"))
        acme = alice.customer
        return Cast(
            acme=acme,
            alice=alice,
            bob=self.member(acme, "Bob", "member"),
            carol=self.member(acme, "Carol", "billing"),
            dave=self.member(acme, "Dave", "developer"),
            globex=mallory.customer,
            mallory=mallory,
        )
