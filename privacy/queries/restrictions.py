"""Restrictions: what one keeps from erasure, and whose are in force."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.queries.leavers import addresses_of_person
from kernel.addresses import any_address
from privacy.models import ContactMessage, Hold, Restriction, RightsRequest

_Covers = Hold.Covers


def held_things(row: RightsRequest) -> list[tuple[str, str]]:
    """What of whom the request is about goes by itself otherwise: the account, and what came from their addresses.

    As what a hold covers and its subject. What law and customers keep goes by their rules, as the answer says.
    """
    addresses = {row.email, *(addresses_of_person(row.person_id) if row.person_id is not None else ())}
    theirs = any_address("email", addresses)
    requests = RightsRequest.objects.filter(theirs | Q(id=row.id)).order_by("id").values_list("id", flat=True)
    messages = ContactMessage.objects.filter(theirs).order_by("id").values_list("id", flat=True)
    person = [(_Covers.PERSON.value, str(row.person_id))] if row.person_id is not None else []
    return [*person, *((_Covers.SUBJECT.value, each) for each in (*requests, *messages))]


def restriction_of(request_id: str) -> Restriction | None:
    """What the request's answer restricted, if it did, over or not."""
    return Restriction.objects.filter(request_id=request_id).first()


def restrictions_of_person(person_id: int) -> QuerySet[Restriction]:
    """Those in force for the account, the oldest first, each with its request."""
    found = Restriction.objects.filter(person_id=person_id, lifted_at=None)
    return found.select_related("request").order_by("placed_at")
