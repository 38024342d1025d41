"""Makes somebody a member by the word of the customer's own directory, without an invitation."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._invitations import AlreadyMember
from accounts.models import Membership, Person
from accounts.queries.sign_in import owns_domain_of, person_at
from accounts.rules.names import is_plain_name
from accounts.rules.sign_in import PROVIDED_ROLES
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Forbidden, Refusal


class DomainNotYours(Refusal):
    code = "domain_not_yours"
    status = 400
    title = _("The address is in no domain that is proven to be this customer’s.")


def provision_member(
    *, actor: Actor, email: str, name: str, role: str, now: datetime, external_id: str = ""
) -> Membership:
    """The active membership of the person at `email` (clauses C2, C10); the person is made if nobody has the address.

    Only inside the customer's proven domains. A name that could lure is left out. Never gives a role that administers.
    A member who left comes back. Raises `DomainNotYours`, `AlreadyMember` and, for roles that people give, `Forbidden`.
    """
    actor.require("member.provision")
    if role not in PROVIDED_ROLES:
        raise Forbidden
    email, plain = email.strip().lower(), name if is_plain_name(name) else ""
    with transaction.atomic():
        members = Membership.objects.held(actor.customer)
        if not owns_domain_of(actor.customer, email):
            raise DomainNotYours
        person = person_at(email) or Person.objects.create_user(email, name=plain[:120], managed_by_id=actor.customer)
        if members.exclude(status=Membership.Status.ENDED).filter(person=person).exists():
            raise AlreadyMember
        kept = {"role": role, "external_id": external_id}
        membership, _created = members.update_or_create(
            customer_id=actor.customer,
            person=person,
            defaults={**kept, "status": Membership.Status.ACTIVE, "ended_at": None, "sees_all": None},
            create_defaults={**kept, "created_at": now},
        )
        facts = {"name": str(person), "email": email, "role": role}
        audit.record(actor=actor, action="member.provisioned", now=now, subject=membership.id, details=facts)
        outbox.emit(
            "member.provisioned", now=now, customer_id=actor.customer, subject=membership.id, payload={"role": role}
        )
    return membership
