"""Sets up a customer's identity provider, or changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.gateways.open_id import discover
from accounts.gateways.saml import read_metadata
from accounts.models import Customer, Identity, IdentityProvider
from accounts.queries.sign_in import encrypted_secret
from accounts.rules.permissions import Role
from accounts.rules.sign_in import PROVIDED_ROLES
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput
from kernel.tenancy.context import forget_customers

_BELIEVED = ("kind", "issuer", "client_id", "sign_in_url", "certificates")


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What an administrator says about the provider. An empty `secret` or `metadata` keeps what there is."""

    kind: str
    name: str
    enabled: bool
    creates_members: bool
    default_role: str
    issuer: str = ""
    client_id: str = ""
    secret: str = ""
    metadata: str = ""


def configure_provider(*, actor: Actor, settings: ProviderSettings, now: datetime) -> IdentityProvider:
    """The customer's provider as it is from now on (clause C10).

    With another issuer all identities end, for its subjects are other people. When it is not an owner who changes
    whose word counts, the owners' identities end: an administrator could otherwise sign in as an owner. The secret is
    never sent to an issuer it was not given for. Raises `InvalidInput`, and for an enabled OpenID provider that
    cannot be reached or used `ProviderAway`, `HostRefused`, `DiscoveryRefused`; `MetadataRefused`.
    """
    actor.require("customer.manage")
    told = _believed(settings)
    if settings.enabled and settings.issuer and settings.kind == IdentityProvider.Kind.OIDC:
        discover(settings.issuer)
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        before = IdentityProvider.objects.filter(customer=customer).first()
        provider = before or IdentityProvider(customer=customer, created_at=now)
        old = {name: getattr(provider, name) for name in _BELIEVED} if before else {}
        _apply(provider, settings, told)
        provider.save(force_insert=before is None)
        ended = _end_identities(actor, provider, old)
        _tell_rules(customer, provider)
        _tell(actor, provider, created=before is None, ended=ended, now=now)
    forget_customers()
    return provider


def _believed(settings: ProviderSettings) -> dict[str, str]:
    """What decides whose word counts; nothing where what there is stays."""
    if settings.default_role not in PROVIDED_ROLES or settings.kind not in IdentityProvider.Kind.values:
        raise InvalidInput
    if settings.kind == IdentityProvider.Kind.OIDC:
        return {"issuer": settings.issuer, "client_id": settings.client_id, "sign_in_url": "", "certificates": ""}
    if not settings.metadata:
        return {}
    issuer, address, certificates = read_metadata(settings.metadata)
    return {"issuer": issuer, "client_id": "", "sign_in_url": address, "certificates": "\n".join(certificates)}


def _apply(provider: IdentityProvider, settings: ProviderSettings, told: dict[str, str]) -> None:
    same = (provider.kind, provider.issuer) == (settings.kind, told.get("issuer", provider.issuer))
    provider.secret = encrypted_secret(settings.secret) or (provider.secret if same else "")
    if provider.kind != settings.kind:
        told = dict.fromkeys(("issuer", "client_id", "sign_in_url", "certificates"), "") | told
    for name, value in told.items():
        setattr(provider, name, value)
    provider.kind, provider.name, provider.enabled = settings.kind, settings.name, settings.enabled
    provider.creates_members, provider.default_role = settings.creates_members, settings.default_role
    if provider.enabled:
        _refuse_unready(provider)


def _refuse_unready(provider: IdentityProvider) -> None:
    """A provider is prepared before it is known in full: it needs our addresses first, and is switched on last."""
    saml = provider.kind == IdentityProvider.Kind.SAML
    told = {"issuer": provider.issuer, "client_id": provider.client_id}
    needed = {"metadata": provider.certificates} if saml else told
    if missing := [name for name, value in needed.items() if not value]:
        detail = str(_("Needed before the provider is switched on."))
        raise InvalidInput(errors=[FieldError(f"/{name}", "required", detail) for name in missing])


def _end_identities(actor: Actor, provider: IdentityProvider, old: dict[str, str]) -> int:
    changed = {name for name, value in old.items() if getattr(provider, name) != value}
    identities = Identity.objects.filter(provider=provider)
    if not changed:
        return 0
    if not changed & {"kind", "issuer"}:
        if actor.may("owner.appoint"):
            return 0
        identities = identities.filter(membership__role=Role.OWNER)
    return identities.delete()[0]


def _tell_rules(customer: Customer, provider: IdentityProvider) -> None:
    rules = replace(customer.sign_in, provider=provider.id if provider.enabled else "")
    if not rules.provider:
        rules = replace(rules, provider_required=False)
    Customer.objects.filter(id=customer.id).update(sign_in_rules=rules.to_store())


def _tell(actor: Actor, provider: IdentityProvider, *, created: bool, ended: int, now: datetime) -> None:
    facts = {"name": provider.name, "kind": provider.kind, "issuer": provider.issuer, "enabled": provider.enabled}
    event = "identity_provider.created" if created else "identity_provider.changed"
    details = facts | {"identities_ended": ended, "creates_members": provider.creates_members}
    audit.record(actor=actor, action=event, now=now, subject=provider.id, details=details)
    outbox.emit(event, now=now, customer_id=actor.customer, subject=provider.id, payload=facts)
    give_notice(
        kind="sign_in_rules.changed",
        customer_id=actor.customer,
        now=now,
        permission="customer.manage",
        facts={"by": actor.name},
        subject=provider.id,
    )
