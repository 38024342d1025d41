"""Links what a customer's identity provider calls somebody to the member who says that it is them."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.actions._identities import record_identity
from accounts.actions.give_notice import give_notice
from accounts.actions.provision_member import provision_member
from accounts.actions.sign_in_with_provider import NotAdmitted
from accounts.gateways.assertions import Assertion
from accounts.models import Identity, IdentityProvider, Membership
from accounts.queries.sign_in import enabled_provider
from kernel.actor import Actor
from kernel.addresses import same_address
from kernel.errors import NotFound


def link_identity(*, actor: Actor, provider_id: str, assertion: Assertion, now: datetime) -> Identity:
    """The identity of the person who acts, signed in by means of their own (clause C10).

    The address that the provider told must be a confirmed one of theirs; raises `NotFound` otherwise, so that nobody
    takes over what was meant for somebody else. Somebody who is no member becomes one only where the provider
    creates members. Raises `NotAdmitted`, `DomainNotYours`.
    """
    provider = enabled_provider(provider_id)
    own = EmailAddress.objects.filter(user_id=actor.person, verified=True)
    if not assertion.email or not own.filter(same_address("email", assertion.email)).exists():
        raise NotFound
    with transaction.atomic():
        member = _member(actor, provider, assertion, now)
        if Identity.objects.filter(provider=provider, subject=assertion.subject).exclude(membership=member).exists():
            raise NotAdmitted
        identity = record_identity(
            actor=actor, provider=provider, subject=assertion.subject, member=member, confirmed=True, now=now
        )
        give_notice(
            kind="identity.linked",
            customer_id=provider.customer_id,
            now=now,
            people=[member.person_id],
            facts={"provider": provider.name},
            subject=member.id,
        )
    return identity


def _member(actor: Actor, provider: IdentityProvider, assertion: Assertion, now: datetime) -> Membership:
    members = Membership.objects.held(provider.customer_id).select_related("person")
    member = members.filter(person_id=actor.person).first()
    if member is not None:
        if member.status != Membership.Status.ACTIVE:
            raise NotAdmitted
        return member
    if not provider.creates_members or not provider.customer.is_active:
        raise NotAdmitted
    word = Actor(kind="system", id=provider.id, name=provider.name, customer_id=provider.customer_id)
    return provision_member(actor=word, email=assertion.email, name=assertion.name, role=provider.default_role, now=now)
