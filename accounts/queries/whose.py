"""By which ids, addresses and names a person is known in the tables."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Q

from accounts.models import ApiToken, Application, Customer, Membership, Person
from accounts.rules.permissions import Role
from kernel.addresses import any_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """One person, or an address of somebody who has no account (`person_id` is None).

    `members` and `tokens` are ids; `customers` those to which the person belongs or belonged, `own_customers` those
    that are the person, `named_at` those at which nobody else bears one of the `names`: only there a bare name tells
    who it was. So does it among staff, if `named_among_staff`. `emails` are confirmed and in small letters.
    """

    person_id: int | None
    emails: tuple[str, ...]
    names: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    own_customers: tuple[str, ...] = ()
    named_at: tuple[str, ...] = ()
    named_among_staff: bool = False

    @property
    def marks(self) -> frozenset[str]:
        """All of it, in small letters, to tell this person's values from somebody else's."""
        own = (*self.emails, *self.names, *self.actor_ids, *self.tokens, *self.own_customers)
        return frozenset(each.lower() for each in own)

    @property
    def actor_ids(self) -> tuple[str, ...]:
        """By which ids it is said who did something: as a member of each customer, and as a person."""
        return (*self.members, *([str(self.person_id)] if self.person_id else []))

    @property
    def person(self) -> int:
        """The person's id; 0, which nobody has, where there is none. (A filter by None would find what is empty.)"""
        return self.person_id or 0

    @property
    def staff_names(self) -> tuple[str, ...]:
        """Under which one of staff is found by name; nothing where another bears the same."""
        return self.names if self.named_among_staff else ()

    def addressed(self, field: str) -> Q:
        """The rows whose `field` is an address of the person; none without any."""
        return any_address(field, self.emails)

    def named(self, field: str, customer: str = "customer_id") -> Q:
        """The rows in which the bare name in `field` is the person's, for certain."""
        return Q(**{f"{field}__in": self.names, f"{customer}__in": self.named_at})


def known_as(*, person_id: int | None = None, email: str = "") -> Whose:
    """The person with all their ids; without one, whoever `email` belongs to, by nothing but that.

    An address does not lead to an account: who may see that was to be settled before. Of a person who is gone nothing
    is known.
    """
    if person_id is None:
        return Whose(person_id=None, emails=(email.lower(),) if email else ())
    person = Person.objects.filter(pk=person_id).first()
    return _of(person) if person else Whose(person_id=person_id, emails=())


def _of(person: Person) -> Whose:
    confirmed = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    memberships = Membership.objects.filter(person=person)
    customers = tuple(memberships.order_by("customer_id").values_list("customer_id", flat=True).distinct())
    names = tuple(dict.fromkeys(name for name in (person.name, person.email) if name))
    same_name = Membership.objects.filter(customer_id__in=customers, person__name__iexact=person.name)
    ambiguous = set(same_name.exclude(person=person).values_list("customer_id", flat=True)) if person.name else set()
    colleagues = Person.objects.filter(is_staff=True, name__iexact=person.name).exclude(pk=person.pk)
    members = tuple(memberships.order_by("id").values_list("id", flat=True))
    return Whose(
        person_id=person.pk,
        emails=tuple(sorted({person.email.lower(), *(each.lower() for each in confirmed)})),
        names=names,
        members=members,
        tokens=tuple(ApiToken.objects.filter(created_by__in=members).order_by("id").values_list("id", flat=True)),
        customers=customers,
        own_customers=_customers_that_are(person, customers),
        named_at=tuple(each for each in customers if each not in ambiguous),
        named_among_staff=person.is_staff and not (person.name and colleagues.exists()),
    )


def _customers_that_are(person: Person, customers: tuple[str, ...]) -> tuple[str, ...]:
    """Customers who are people, and this one: who applied, or where nobody did, the first owner."""
    found = []
    for customer in Customer.objects.filter(id__in=customers, kind=Customer.Kind.NATURAL_PERSON).order_by("id"):
        applied = Application.objects.filter(customer=customer).values_list("person_id", flat=True).first()
        owners = Membership.objects.filter(customer=customer, role=Role.OWNER).order_by("created_at", "id")
        first = applied or owners.values_list("person_id", flat=True).first()
        if first == person.pk:
            found.append(customer.id)
    return tuple(found)
