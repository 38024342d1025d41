"""What requests about personal data have to know of people: who they are, and which customers know them (D1, D9)."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Customer, Invitation, Membership, Person
from accounts.queries.sign_in import has_second_step
from kernel.addresses import same_address


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Somebody with an account, suspended or not."""

    person_id: int
    email: str
    name: str
    language: str
    country: str
    has_second_step: bool
    is_active: bool


def person_facts(person_id: int) -> PersonFacts | None:
    """The person with this id; None when there is none any more."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        return None
    return PersonFacts(
        person_id=person.pk,
        email=person.email,
        name=person.name,
        language=person.language,
        country=person.country,
        has_second_step=has_second_step(person.pk),
        is_active=person.is_active,
    )


def customers_that_know(email: str, person_id: int | None) -> list[str]:
    """The ids of customers with a member or an invitation of this address, those who left too. Never to be shown.

    Documents are not searched: their names and signers are encrypted with each customer's own key.
    """
    members = Membership.objects.filter(same_address("person__email", email))
    if person_id is not None:
        members = members | Membership.objects.filter(person_id=person_id)
    invited = Invitation.objects.filter(same_address("email", email))
    known = {*members.values_list("customer_id", flat=True), *invited.values_list("customer_id", flat=True)}
    there = Customer.objects.exclude(status=Customer.Status.CLOSED).filter(id__in=known)
    return list(there.order_by("id").values_list("id", flat=True))
