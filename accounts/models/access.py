"""Who may act for a customer: memberships, invitations, API tokens."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.customer import Customer
from accounts.rules.members import Standing
from accounts.rules.permissions import Role, permissions_of
from kernel.fields import IdField

ROLES = [(role.value, role.value) for role in Role]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        return self.filter(status=Membership.Status.ACTIVE)

    def held(self, customer_id: str) -> MembershipQuerySet:
        """The customer's memberships, none of which anybody else changes until the caller's transaction ends.

        The lock is on the customer's row, so that two owners cannot both look, see the other and leave.
        """
        Customer.objects.select_for_update(no_key=True).get(id=customer_id)
        return self.filter(customer_id=customer_id)


class Membership(models.Model):
    """A person's account at one customer; the id that the audit trail and documents name.

    `sees_all` says whether this member sees every document; null for as the customer has it for all.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        ENDED = "ended"

    id = IdField(prefix="mem")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=ROLES)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    external_id = models.CharField(max_length=255, blank=True)  # what the customer's directory calls this account
    sees_all = models.BooleanField(null=True)
    muted_topics = ArrayField(models.CharField(max_length=40), default=list)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "person"], name="membership_once")]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def standing(self) -> Standing:
        return Standing(self.role, active=self.status == self.Status.ACTIVE)

    @property
    def permissions(self) -> frozenset[str]:
        if self.status != self.Status.ACTIVE:
            return frozenset()
        sees_all = self.customer.members_see_all if self.sees_all is None else self.sees_all
        return permissions_of(self.role, sees_all=sees_all, shares=self.customer.members_share)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def unused(self) -> InvitationQuerySet:
        """Neither accepted nor revoked, though perhaps expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self, *, now: datetime) -> InvitationQuerySet:
        """Still to be accepted."""
        return self.unused().filter(expires_at__gt=now)


class Invitation(models.Model):
    """A single-use, expiring offer of a role at one customer to one e-mail address."""

    id = IdField(prefix="inv")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=16, choices=ROLES)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "customer",
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return self.email


class ApiToken(models.Model):
    """A program's key. Only a keyed hash of its secret is kept, so it is shown once (see `rules.tokens`)."""

    id = IdField(prefix="tok")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    live = models.BooleanField()
    public_id = models.CharField(max_length=10, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    networks = ArrayField(models.CharField(max_length=43), default=list)
    former_secret_hash = models.CharField(max_length=64, blank=True)
    former_until = models.DateTimeField(null=True)
    reminded_days = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """The part that may be shown: enough to find the token in one's own configuration."""
        return f"sp_{'live' if self.live else 'test'}_{self.public_id}"
