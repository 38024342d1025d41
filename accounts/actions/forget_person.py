"""Forgets a person who belongs to no customer any more (clause D3)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Application, Identity, Invitation, Membership, NoticeDelivery, Person, SignInCounter
from accounts.queries.leavers import belongs_somewhere
from accounts.rules.people import forgotten_address
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.addresses import any_address
from kernel.errors import Forbidden, NotFound, Refusal


class PersonStays(Refusal):
    code = "person_stays"
    status = 409
    title = _("This account is still needed: it is staff’s, or belongs to a customer.")


def forget_person(*, person_id: int, actor: Actor, now: datetime) -> dict[str, int]:
    """How many rows of what are gone or made nameless, by table; empty when the person is forgotten already (D3).

    Name, addresses, password, second steps, sessions, counters of sign-ins, an application that became no customer,
    offers to their addresses and the addresses of notices go, all in one transaction. What bookkeeping needs stays:
    `kept_of_person` counts it. Raises `NotFound`, and `PersonStays` for staff and whoever belongs to a customer.
    """
    if actor.kind not in {"system", "staff"}:
        raise Forbidden
    with transaction.atomic():
        # FOR UPDATE, so that nobody becomes a member meanwhile: a new row that names them waits for this one.
        person = Person.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
        if person is None:
            raise NotFound
        if person.is_staff or person.is_superuser or belongs_somewhere(person_id):
            raise PersonStays
        addresses = _addresses_of(person)
        counts = {**_let_nobody_in(person), **_clear_traces(person, addresses), **_blank(person, now)}
        counts = {name: count for name, count in counts.items() if count}
        if counts:
            subject = str(person_id)
            audit.record(actor=actor, action="person.forgotten", now=now, subject=subject, details=counts)
            outbox.emit("person.forgotten", now=now, customer_id=None, subject=subject, payload={"counts": counts})
    return counts


def _addresses_of(person: Person) -> set[str]:
    """Every address they have or had confirmed, and those that notices went to, in small letters.

    None that they only claim, and none that somebody else has confirmed since: what was sent there is not theirs.
    """
    own = EmailAddress.objects.filter(user=person).values_list("email", flat=True)
    told = NoticeDelivery.objects.filter(person=person).values_list("email", flat=True).distinct()
    known = {each.lower() for each in (person.email, *own, *told)} - {forgotten_address(person.pk)}
    not_theirs = Q(user=person, verified=False) | Q(~Q(user=person), verified=True)
    others = EmailAddress.objects.filter(any_address("email", known), not_theirs).values_list("email", flat=True)
    return known - {each.lower() for each in others}


def _let_nobody_in(person: Person) -> dict[str, int]:
    sessions = list(UserSession.objects.select_for_update().filter(user=person))
    for session in sessions:
        session.end()
    confirmations = EmailConfirmation.objects.filter(email_address__user=person).delete()[0]
    return {
        "usersessions_usersession": len(sessions),
        "account_emailconfirmation": confirmations,
        "account_emailaddress": EmailAddress.objects.filter(user=person).delete()[0],
        "mfa_authenticator": Authenticator.objects.filter(user=person).delete()[0],
        "accounts_identity": Identity.objects.filter(membership__person=person).delete()[0],
    }


def _clear_traces(person: Person, addresses: Collection[str]) -> dict[str, int]:
    known = Q()
    for digest in (hashlib.sha256(address.encode()).hexdigest() for address in sorted(addresses)):
        known |= Q(cache_key__contains=digest)  # allauth counts attempts under a hash of the address
    counters = SignInCounter.objects.filter(known).delete()[0] if known else 0
    directories = Membership.objects.filter(person=person)
    return {
        "accounts_signincounter": counters,
        "accounts_invitation": Invitation.objects.filter(any_address("email", addresses)).delete()[0],
        "accounts_application": Application.objects.filter(person=person, customer=None).delete()[0],
        "accounts_noticedelivery": _readdress(person),
        "accounts_membership": directories.exclude(external_id="", muted_topics=[]).update(
            external_id="", muted_topics=[]
        ),
        "django_admin_log": LogEntry.objects.filter(user=person).delete()[0],
    }


def _readdress(person: Person) -> int:
    """That a notice was given, when and by which text, is kept with it; to which address is not, nor is mail sent."""
    nowhere = forgotten_address(person.pk)
    deliveries = NoticeDelivery.objects.filter(person=person)
    deliveries.filter(state=NoticeDelivery.State.QUEUED).update(state=NoticeDelivery.State.FAILED)
    return deliveries.exclude(email=nowhere, failure="").update(email=nowhere, failure="")


def _blank(person: Person, now: datetime) -> dict[str, int]:
    """The row stays, without anything of its person: contracts and notices that are kept refer to it."""
    if person.forgotten_at is not None:
        return {}
    person.groups.clear()
    person.user_permissions.clear()
    person.email, person.name = forgotten_address(person.pk), ""
    person.language, person.country, person.time_zone = "", "", ""
    person.set_unusable_password()
    person.is_active, person.last_login, person.joined_at = False, None, now
    person.last_customer = person.managed_by = None
    person.deletion_asked_at = person.kept_at = person.restricted_at = None
    person.forgotten_at = now
    person.save()
    return {"accounts_person": 1}
