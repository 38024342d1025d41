"""A customer's own sign-in: which provider an address leads to, and what there is to set."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.gateways.ciphers import cipher
from accounts.gateways.open_id import OpenIdClient
from accounts.gateways.saml import SamlProvider
from accounts.models import Customer, EmailDomain, Identity, IdentityProvider, Membership, Person
from accounts.rules.invitation_lists import looks_like_address
from accounts.rules.permissions import Role
from accounts.rules.sign_in import SignInRules, domain_of
from kernel.actor import Actor
from kernel.addresses import same_address
from kernel.errors import NotFound
from kernel.tenancy.urls import public_url

_PURPOSE = "identity_provider"


def encrypted_secret(secret: str) -> str:
    """A client secret as it is kept."""
    return cipher(_PURPOSE).encrypt(secret.encode()).decode() if secret else ""


def enabled_provider(provider_id: str) -> IdentityProvider:
    """The provider, with its customer; raises `NotFound` for one that is switched off or whose customer is closed.

    While a customer is suspended or its contract over it still signs in: somebody has to pay (B15), and to fetch the
    export (C8). What opens then, the door decides.
    """
    found = IdentityProvider.objects.select_related("customer").filter(id=provider_id, enabled=True).first()
    if found is None or found.customer.status == Customer.Status.CLOSED:
        raise NotFound
    return found


def provider_for_address(email: str) -> IdentityProvider | None:
    """Where people with addresses in this domain sign in. Says nothing about whether the address is known."""
    proved = EmailDomain.objects.filter(name=domain_of(email), verified_at__isnull=False)
    found = IdentityProvider.objects.select_related("customer").filter(enabled=True)
    found = found.exclude(customer__status=Customer.Status.CLOSED)
    return found.filter(customer_id__in=proved.values("customer_id")).first()


def provider_of(actor: Actor) -> IdentityProvider | None:
    """The provider of the actor's customer. Raises `Forbidden` without `customer.manage`."""
    actor.require("customer.manage")
    return IdentityProvider.objects.filter(customer_id=actor.customer).first()


def email_domains_of(actor: Actor) -> QuerySet[EmailDomain]:
    """The domains that the actor's customer claims, by name. Raises `Forbidden` without `customer.manage`."""
    actor.require("customer.manage")
    return EmailDomain.objects.filter(customer_id=actor.customer).order_by("name")


def owns_domain_of(customer_id: str, email: str) -> bool:
    """Whether this is an address that lies in a domain that is proven to be this customer's."""
    proved = EmailDomain.objects.filter(customer_id=customer_id, verified_at__isnull=False)
    return looks_like_address(email) and proved.filter(name=domain_of(email)).exists()


def person_at(email: str) -> Person | None:
    """Who has this address: as their own, or as a further one that they have confirmed."""
    if not email:
        return None
    confirmed = EmailAddress.objects.filter(same_address("email", email), verified=True).values("user_id")
    return Person.objects.filter(same_address("email", email) | Q(pk__in=confirmed)).order_by("pk").first()


def is_managed(person: Person, customer_id: str) -> bool:
    """Whether the customer made this person, who has neither a sign-in of their own nor another membership."""
    if person.managed_by_id != customer_id or person.is_staff or person.has_usable_password():
        return False
    own = EmailAddress.objects.filter(user=person, verified=True).exists() or has_second_step(person.pk)
    return not own and not Membership.objects.filter(person=person).exclude(customer_id=customer_id).exists()


def has_second_step(person_id: int) -> bool:
    """Whether the person has an authenticator app or a passkey."""
    own = Authenticator.objects.filter(user_id=person_id)
    return bool(own.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


def linked_members(provider: IdentityProvider) -> int:
    """How many members the provider has signed in."""
    return Identity.objects.filter(provider=provider).count()


def our_address(name: str, provider: IdentityProvider) -> str:
    """One of our own addresses for this provider, as its side must know it."""
    return settings.BASE_URL + public_url(name, provider_id=provider.id)


def open_id_client(provider: IdentityProvider) -> OpenIdClient:
    """What the gateway needs to talk to an OpenID provider."""
    secret = cipher(_PURPOSE).decrypt(provider.secret.encode()).decode() if provider.secret else ""
    return OpenIdClient(provider.issuer, provider.client_id, secret, our_address("provider_callback", provider))


def saml_provider(provider: IdentityProvider) -> SamlProvider:
    """What the gateway needs to talk to a SAML provider."""
    return SamlProvider(
        entity_id=provider.issuer,
        sign_in_url=provider.sign_in_url,
        certificates=tuple(provider.certificates.split()),
        our_entity_id=our_address("provider_metadata", provider),
        our_address=our_address("provider_assertion", provider),
    )


def described_provider(provider_id: str) -> IdentityProvider:
    """A SAML provider, switched on or not, for our own metadata; raises `NotFound`."""
    found = IdentityProvider.objects.filter(id=provider_id, kind=IdentityProvider.Kind.SAML).first()
    if found is None:
        raise NotFound
    return found


def sign_in_rules_of(actor: Actor) -> SignInRules:
    """The rules of the actor's customer. Raises `Forbidden` without `customer.manage`."""
    actor.require("customer.manage")
    rules: SignInRules = Customer.objects.get(id=actor.customer).sign_in
    return rules


def provisioned_members(
    actor: Actor, *, user_name: str | None = None, external_id: str | None = None, member_id: str | None = None
) -> QuerySet[Membership]:
    """The members of a directory's customer who have not left, in the order of their coming; narrowed if asked."""
    actor.require("member.provision")
    members = Membership.objects.select_related("person").filter(customer_id=actor.customer)
    members = members.exclude(status=Membership.Status.ENDED).order_by("created_at", "id")
    if user_name is not None:
        members = members.filter(same_address("person__email", user_name))
    if external_id is not None:
        members = members.filter(external_id=external_id)
    return members if member_id is None else members.filter(id=member_id)


def provisioned_member(actor: Actor, member_id: str) -> Membership:
    """One of them; raises `NotFound`."""
    member = provisioned_members(actor, member_id=member_id).first()
    if member is None:
        raise NotFound
    return member


def default_role_of(actor: Actor) -> str:
    """The role of members who come by the directory's word."""
    provider = IdentityProvider.objects.filter(customer_id=actor.customer).first()
    return provider.default_role if provider else Role.MEMBER
