"""Who somebody is: actors from sessions, tokens and invitations, and the people and tokens of a customer."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.crypto import salted_hmac

from accounts.models import ApiToken, Case, Customer, Invitation, Membership, Person
from accounts.queries.activity import unseen
from accounts.rules.permissions import Role, permissions_of
from accounts.rules.sign_in import may_be_invited
from accounts.rules.tokens import is_within, take_apart
from kernel.actor import Actor
from kernel.addresses import same_address
from kernel.clock import legal_date
from kernel.errors import NotFound

_LAST_USE_ROUGH = timedelta(minutes=5)

# Asked with every request of a program. The answer never tells which condition failed.
_ACTOR_OF = """
    SELECT token.id, token.secret_hash, token.scopes, token.name, token.customer_id, maker.role,
           coalesce(maker.sees_all, customer.members_see_all),
           coalesce(token.last_used_at < %(rough)s, true), token.networks,
           CASE WHEN token.former_until > %(now)s THEN token.former_secret_hash ELSE '' END
      FROM accounts_apitoken token
      JOIN accounts_customer customer ON customer.id = token.customer_id AND customer.status IN ('active', 'ending')
      JOIN accounts_membership maker ON maker.id = token.created_by_id AND maker.status = 'active'
      JOIN accounts_person person ON person.id = maker.person_id AND person.is_active
     WHERE token.public_id = %(public_id)s AND token.live = %(live)s AND token.revoked_at IS NULL
       AND token.expires_at > %(now)s
"""


def secret_hash(secret: str) -> str:
    """HMAC-SHA256 under the pepper, in hex: a stolen table opens nothing."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), secret.encode(), hashlib.sha256).hexdigest()


def invitation_secret(invitation_id: str) -> str:
    """The secret of an invitation's link, which follows from its id and the pepper, so that it is stored nowhere."""
    key = salted_hmac("accounts.invitation", invitation_id, secret=settings.TOKEN_PEPPER, algorithm="sha256")
    return urlsafe_b64encode(key.digest()).decode().rstrip("=")


def actor_of_token(token: str, *, now: datetime, address: str = "") -> Actor | None:
    """The actor behind an API token; None when it is unknown, expired or revoked, or its customer or maker suspended.

    Also None when the token is for certain networks and `address`, the caller's, is in none of them. The answer never
    tells which. The actor may do what the token's scopes and its maker's role both allow, now.
    """
    parts = take_apart(token)
    if parts is None:
        return None
    with connection.cursor() as cursor:
        rough = now - _LAST_USE_ROUGH
        cursor.execute(_ACTOR_OF, {"public_id": parts.public_id, "live": parts.live, "now": now, "rough": rough})
        row = cursor.fetchone()
    if row is None:
        return None
    token_id, kept_hash, scopes, name, customer_id, role, sees_all, long_unused, networks, former_hash = row
    presented = secret_hash(parts.secret)
    newest, former = hmac.compare_digest(kept_hash, presented), hmac.compare_digest(former_hash, presented)
    if not (newest or former) or not is_within(address, networks):
        return None
    if long_unused:
        ApiToken.objects.filter(id=token_id).update(last_used_at=now)
        unseen(customer_id, legal_date(now)).update(last_active_on=legal_date(now))
    return Actor(
        kind="token",
        id=token_id,
        name=name,
        customer_id=customer_id,
        permissions=frozenset(scopes) & permissions_of(role, sees_all=sees_all),
        live=parts.live,
    )


# In SQL, because it is asked with every page, and the ORM takes longer to write it than the database to answer.
_UNREAD = """(SELECT count(*) FROM accounts_noticedelivery d JOIN accounts_notice n ON n.id = d.notice_id
               WHERE d.person_id = accounts_membership.person_id AND d.read_at IS NULL
                 AND (n.customer_id = accounts_membership.customer_id OR %s AND n.customer_id IS NULL))"""


def active_memberships(*, person_id: int, own: bool = True) -> list[Membership]:
    """The person's active memberships by the customer's name, with person and customer as they are at this moment.

    `unread_notices` is how many notices of that portal they have not opened; those that are the person's own and no
    customer's only if `own`.
    """
    members = Membership.objects.active().select_related("person", "customer").filter(person_id=person_id)
    members = members.annotate(unread_notices=RawSQL(_UNREAD, [own], IntegerField()))  # noqa: S611
    return list(members.exclude(customer__status=Customer.Status.CLOSED).order_by("customer__name"))


def actor_of_person(person: Person) -> Actor:
    """The actor for a person outside any membership: at sign-up, or with an invitation in hand."""
    return Actor(kind="person", id=str(person.pk), name=str(person), person_id=str(person.pk))


def has_confirmed_address(actor: Actor) -> bool:
    """Whether the person has confirmed at least one e-mail address."""
    return bool(EmailAddress.objects.filter(user_id=actor.person, verified=True).exists())


def has_account(email: str) -> bool:
    """Whether somebody signs in with this address. Never to be shown to people who have not proved it is theirs."""
    known = Person.objects.filter(email__iexact=email).exists()
    return known or EmailAddress.objects.filter(email__iexact=email, verified=True).exists()


def person_with(email: str) -> int | None:
    """The id of whoever signs in with this address. Never to be shown, as `has_account`."""
    address = EmailAddress.objects.filter(same_address("email", email)).order_by("-verified").first()
    return int(address.user_id) if address else None


def offered_invitation(*, secret: str, now: datetime) -> Invitation:
    """The open invitation whose link holds `secret`; raises `NotFound`. Only for who has shown nothing else yet.

    Also `NotFound` when the customer has meanwhile closed the domain of its address; that does not bind the operator,
    who invites by a case (clause C4).
    """
    open_ones = Invitation.objects.open(now=now).select_related("customer")
    invitation = open_ones.filter(secret_hash=secret_hash(secret)).first()
    if invitation is None or not invitation.customer.is_active:
        raise NotFound
    allowed = may_be_invited(invitation.email, invitation.customer.sign_in.email_domains)
    if not allowed and not Case.objects.filter(invitation_id=invitation.id).exists():
        raise NotFound
    return invitation


def invitation_for(*, actor: Actor, secret: str, now: datetime) -> Invitation:
    """The open invitation of a link, if it was sent to a confirmed address of the person; raises `NotFound`."""
    invitation = offered_invitation(secret=secret, now=now)
    addresses = EmailAddress.objects.filter(user_id=actor.person, verified=True)
    if not addresses.filter(same_address("email", invitation.email)).exists():
        raise NotFound
    return invitation


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
        Membership.objects.select_related("person", "customer")
        .filter(customer__slug=slug, role=Role.OWNER, status=Membership.Status.ACTIVE)
        .order_by("created_at")
        .first()
    )
    if membership is None:
        raise NotFound
    return actor_of_membership(membership)


def find_customer(name: str) -> str:
    """The id of the open customer whose id or slug (`/c/<slug>/`) is `name`, for staff; raises `NotFound`."""
    known = Customer.objects.exclude(status=Customer.Status.CLOSED).filter(Q(id=name) | Q(slug=name))
    found: str | None = known.values_list("id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def open_customers() -> list[str]:
    """The ids of all customers whose account is not closed, for work that is done for each."""
    return list(Customer.objects.exclude(status=Customer.Status.CLOSED).order_by("id").values_list("id", flat=True))


def members_of(actor: Actor, *, with_ended: bool = False) -> QuerySet[Membership]:
    """The people of the actor's customer by name; those who left only if asked for."""
    actor.require("member.read")
    members = Membership.objects.select_related("person").filter(customer_id=actor.customer)
    if not with_ended:
        members = members.exclude(status=Membership.Status.ENDED)
    return members.order_by("person__name", "person__email")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a person is written to, and in which language."""

    person_id: int
    email: str
    language: str


def mailbox_of(person_id: int) -> Mailbox:
    """The address of an active person. Raises `NotFound`."""
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        raise NotFound
    return Mailbox(person.pk, person.email, person.language or settings.LANGUAGE_CODE)


def people_who_may(permission: str, *, customer_id: str) -> list[int]:
    """The ids of the customer's active members whose role has a permission, for who must be told something."""
    members = Membership.objects.active().select_related("customer")
    members = members.filter(customer_id=customer_id, person__is_active=True)
    return [member.person_id for member in members.order_by("created_at") if permission in member.permissions]


def active_members(customer_id: str) -> int:
    """How many members of the customer can sign in now: what it pays for as users (B7)."""
    return Membership.objects.active().filter(customer_id=customer_id).count()


def staff_people() -> list[int]:
    """The ids of the operator's staff, for who must be told something."""
    staff = Person.objects.filter(is_staff=True, is_active=True)
    return list(staff.order_by("pk").values_list("pk", flat=True))


def colleagues_of(actor: Actor) -> list[Membership]:
    """The active members of the actor's customer who may read seals, by name: with whom documents can be shared.

    Every member who seals may know them. Raises `Forbidden` without `seal.create`.
    """
    actor.require("seal.create")
    members = Membership.objects.active().select_related("person", "customer").filter(customer_id=actor.customer)
    return [each for each in members.order_by("person__name", "person__email") if "seal.read" in each.permissions]


def api_tokens_of(actor: Actor, *, with_revoked: bool = False) -> QuerySet[ApiToken]:
    """The tokens of the actor's customer, newest first; revoked ones only if asked for."""
    actor.require("token.manage")
    tokens = ApiToken.objects.select_related("created_by__person").filter(customer_id=actor.customer)
    if not with_revoked:
        tokens = tokens.filter(revoked_at=None)
    return tokens.order_by("-created_at")
