"""A person wants their own account erased (clause D3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions._standing import LastOwner, apply
from accounts.actions.forget_person import PersonStays
from accounts.actions.give_notice import give_notice
from accounts.models import Customer, Membership, Person
from accounts.queries import actor_of_membership
from accounts.queries.leavers import belongs_somewhere
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class OnlyOwner(Refusal):
    code = "only_owner"
    status = 409
    title = gettext_lazy("You are the only owner of a customer. Make somebody else owner, or end its contract first.")

    def __init__(self, customers: Sequence[str]) -> None:
        said = _("You are the only owner of %(customers)s. Make somebody else owner, or end the contract first.")
        super().__init__(said % {"customers": ", ".join(customers)})


def ask_deletion(*, actor: Actor, person_id: int, erased_on: date, now: datetime) -> Person:
    """The person, who belongs to no customer from now on and is forgotten on `erased_on` unless they say otherwise.

    Their memberships end at once, as if they left each customer; those whose contract is over end with its erasure.
    They are told by mail. Asking again changes nothing. Raises `NotFound`, `PersonStays` for staff, and `OnlyOwner`,
    which names every customer that would have no owner; then nothing was changed.
    """
    with transaction.atomic():
        # no_key: who changes a membership holds its customer first, and then refers to the person
        held = Person.objects.select_for_update(of=("self",), no_key=True)
        person = held.filter(pk=person_id, forgotten_at=None).first()
        if person is None:
            raise NotFound
        if person.is_staff or person.is_superuser:
            raise PersonStays
        if person.deletion_asked_at is not None and not belongs_somewhere(person_id):
            return person
        _leave_all(person, now)
        person.deletion_asked_at, person.kept_at = now, None
        person.save(update_fields=["deletion_asked_at", "kept_at"])
        subject, facts = str(person.pk), {"erased_on": erased_on.isoformat()}
        audit.record(actor=actor, action="person.deletion_asked", now=now, subject=subject, details=facts)
        outbox.emit("person.deletion_asked", now=now, customer_id=None, subject=subject)
        give_notice(kind="person.deletion_asked", customer_id=None, people=[person.pk], facts=facts, now=now)
    return person


def _leave_all(person: Person, now: datetime) -> None:
    members = Membership.objects.exclude(status=Membership.Status.ENDED).select_related("person", "customer")
    members = members.exclude(customer__status__in=[Customer.Status.ENDED, Customer.Status.CLOSED])
    owned = []
    for member in members.filter(person=person).order_by("customer_id"):
        held = Membership.objects.held(member.customer_id).select_related("person", "customer").get(pk=member.pk)
        try:
            apply(
                actor_of_membership(held),
                held,
                event="member.left",
                now=now,
                status=Membership.Status.ENDED,
                by_owner=True,
            )
        except LastOwner:
            owned.append(member.customer.name)
    if owned:
        raise OnlyOwner(sorted(owned))
