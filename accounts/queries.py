"""Who somebody is: actors from sessions and tokens, and the lists of people and tokens of a customer."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import ApiToken, Customer, Invitation, Membership, Person
from accounts.rules.tokens import take_apart
from kernel.actor import Actor
from kernel.errors import NotFound

_LAST_USE_ROUGH = timedelta(minutes=5)


def token_secret_hash(secret: str) -> str:
    """HMAC-SHA256 under the pepper: a stolen table opens nothing."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), secret.encode(), hashlib.sha256).hexdigest()


def actor_of_token(token: str, *, now: datetime) -> Actor | None:
    """The actor behind an API token; None when it is unknown, expired, revoked or its customer is not active.

    The answer never tells which. The maker's membership must still be active and still have the scopes.
    """
    parts = take_apart(token)
    if parts is None:
        return None
    row = (
        ApiToken.objects.select_related("customer", "created_by")
        .filter(public_id=parts.public_id, live=parts.live, revoked_at=None, expires_at__gt=now)
        .first()
    )
    if row is None or not hmac.compare_digest(row.secret_hash, token_secret_hash(parts.secret)):
        return None
    if not row.customer.is_active:
        return None
    if row.last_used_at is None or row.last_used_at < now - _LAST_USE_ROUGH:
        ApiToken.objects.filter(id=row.id).update(last_used_at=now)
    return Actor(
        kind="token",
        id=row.id,
        name=row.name,
        customer_id=row.customer_id,
        permissions=frozenset(row.scopes) & row.created_by.permissions,
        live=row.live,
    )


def active_membership(*, person_id: int, customer_id: str) -> Membership | None:
    """The person's membership at the customer, if it is active."""
    return (
        Membership.objects.select_related("person")
        .filter(person_id=person_id, customer_id=customer_id, status=Membership.Status.ACTIVE)
        .first()
    )


def actor_of_membership(membership: Membership) -> Actor:
    """The actor for a member at work in the portal."""
    return Actor(
        kind="member",
        id=membership.id,
        name=str(membership.person),
        customer_id=membership.customer_id,
        permissions=membership.permissions,
        person_id=str(membership.person_id),
    )


def actor_of_owner(slug: str) -> Actor:
    """The first owner of the customer at `/c/<slug>/`, for commands run by the operator; raises `NotFound`."""
    membership = (
        Membership.objects.select_related("person")
        .filter(customer__slug=slug, role="owner", status=Membership.Status.ACTIVE)
        .order_by("created_at")
        .first()
    )
    if membership is None:
        raise NotFound
    return actor_of_membership(membership)


def customers_of(person: Person) -> QuerySet[Customer]:
    """The customers a person may switch between."""
    return (
        Customer.objects.filter(memberships__person=person, memberships__status=Membership.Status.ACTIVE)
        .exclude(status=Customer.Status.CLOSED)
        .order_by("name")
    )


def members_of(actor: Actor) -> QuerySet[Membership]:
    """The people of the actor's customer, those who left excepted."""
    actor.require("member.read")
    return (
        Membership.objects.select_related("person")
        .filter(customer_id=actor.customer)
        .exclude(status=Membership.Status.ENDED)
        .order_by("person__name", "person__email")
    )


def open_invitations_of(actor: Actor, *, now: datetime) -> QuerySet[Invitation]:
    """The invitations of the actor's customer that can still be accepted."""
    actor.require("member.read")
    return Invitation.objects.open(now=now).filter(customer_id=actor.customer).order_by("email")


def api_tokens_of(actor: Actor) -> QuerySet[ApiToken]:
    """The tokens of the actor's customer that are not revoked."""
    actor.require("token.manage")
    return (
        ApiToken.objects.select_related("created_by__person")
        .filter(customer_id=actor.customer, revoked_at=None)
        .order_by("-created_at")
    )
