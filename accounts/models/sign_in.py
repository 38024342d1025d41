"""A customer's own sign-in: its identity provider, its domains, and whom the provider calls what."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.access import ROLES
from accounts.rules.permissions import Role
from kernel.fields import IdField


class IdentityProvider(models.Model):
    """OpenID Connect or SAML at one customer. `secret` is encrypted (`gateways.ciphers`).

    `issuer` is the OpenID issuer or the SAML entity id; `sign_in_url` and `certificates` (PEM) are SAML's.
    """

    class Kind(models.TextChoices):
        OIDC = "oidc"
        SAML = "saml"

    id = IdField(prefix="idp")
    customer = models.OneToOneField("accounts.Customer", on_delete=models.PROTECT, related_name="identity_provider")
    kind = models.CharField(max_length=4, choices=Kind)
    name = models.CharField(max_length=80)
    enabled = models.BooleanField(default=False)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=200, blank=True)
    secret = models.TextField(blank=True)
    sign_in_url = models.CharField(max_length=500, blank=True)
    certificates = models.TextField(blank=True)
    creates_members = models.BooleanField(default=False)
    default_role = models.CharField(max_length=16, choices=ROLES, default=Role.MEMBER.value)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """Whom a provider means by a subject. The provider is one customer's, and so is the membership.

    `confirmed`: the member has said so, signed in by means of their own; otherwise it is the provider's word alone.
    """

    id = IdField(prefix="ident")
    provider = models.ForeignKey("accounts.IdentityProvider", on_delete=models.CASCADE, related_name="identities")
    subject = models.CharField(max_length=255)
    membership = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="identities")
    confirmed = models.BooleanField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_subject_once"),
            models.UniqueConstraint(fields=["provider", "membership"], name="identity_member_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class EmailDomain(models.Model):
    """A domain that a customer says is its own; it counts once the operator has seen the proof."""

    id = IdField(prefix="dom")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="email_domains")
    name = models.CharField(max_length=253)
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "name"], name="email_domain_claimed_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(verified_at__isnull=False), name="email_domain_proved_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
