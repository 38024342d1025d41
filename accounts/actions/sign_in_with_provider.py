"""Signs somebody in on the word of a customer's identity provider, or says why not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._identities import record_identity
from accounts.actions.provision_member import provision_member
from accounts.gateways.assertions import Assertion
from accounts.models import Identity, IdentityProvider, Membership
from accounts.queries.sign_in import enabled_provider, is_managed, owns_domain_of, person_at
from accounts.rules.sign_in import Arrival, judge_arrival, word_counts
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Refusal


class NotAdmitted(Refusal):
    code = "not_admitted"
    status = 403
    title = _("You have no access to this portal. Ask an administrator there to invite you.")


class ConfirmationNeeded(Refusal):
    code = "identity_confirmation_needed"
    status = 409
    title = _("Somebody with this address has a sign-in here already, and confirms first that it is theirs.")


def sign_in_with_provider(*, provider_id: str, assertion: Assertion, now: datetime) -> Identity:
    """Whom the provider means (clause C10): by (provider, subject), never by an e-mail address alone.

    The first time, somebody new may become a member, if the address is in a proven domain of the customer and the
    provider creates members. Who has a sign-in of their own confirms with it, and so does every owner, also one who was
    made owner later: `ConfirmationNeeded`. Raises
    `NotAdmitted` for everybody else, also for suspended and former members. What is refused is in the audit trail.
    """
    provider = enabled_provider(provider_id)
    actor = Actor(kind="system", id=provider.id, name=provider.name, customer_id=provider.customer_id)
    try:
        with transaction.atomic():
            identity = _identity(actor, provider, assertion, now)
            facts = {"name": str(identity.membership.person)}
            audit.record(actor=actor, action="sign_in.accepted", now=now, subject=identity.membership_id, details=facts)
    except Refusal as refusal:
        told = {"code": refusal.code, "email": assertion.email}
        audit.record(actor=actor, action="sign_in.refused", now=now, subject=provider.id, details=told)
        raise
    return identity


def _identity(actor: Actor, provider: IdentityProvider, assertion: Assertion, now: datetime) -> Identity:
    known = Identity.objects.select_related("membership__person").select_for_update(of=("self",))
    identity = known.filter(provider=provider, subject=assertion.subject).first()
    if identity is None:
        member = _arrived(actor, provider, assertion, now)
        identity = record_identity(
            actor=actor, provider=provider, subject=assertion.subject, member=member, confirmed=False, now=now
        )
    if identity.membership.status != Membership.Status.ACTIVE or not identity.membership.person.is_active:
        raise NotAdmitted
    if not word_counts(identity.membership.role, confirmed=identity.confirmed):
        raise ConfirmationNeeded
    Identity.objects.filter(id=identity.id).update(last_used_at=now)
    return identity


def _arrived(actor: Actor, provider: IdentityProvider, assertion: Assertion, now: datetime) -> Membership:
    """The membership of somebody whom the provider names for the first time."""
    customer_id, person = provider.customer_id, person_at(assertion.email)
    members = Membership.objects.held(customer_id).select_related("person")
    member = members.filter(person=person).first() if person else None
    if member is not None and member.status != Membership.Status.ACTIVE:
        raise NotAdmitted
    arrival = judge_arrival(
        address_is_theirs=owns_domain_of(customer_id, assertion.email),
        known=person is not None,
        member_role=member.role if member else None,
        managed=person is not None and is_managed(person, customer_id),
        creates_members=provider.creates_members and provider.customer.is_active,
    )
    if arrival is Arrival.CONFIRM:
        raise ConfirmationNeeded
    if arrival is Arrival.LINK and member is not None:
        return member
    if arrival is not Arrival.CREATE:
        raise NotAdmitted
    return provision_member(
        actor=actor, email=assertion.email, name=assertion.name, role=provider.default_role, now=now
    )
