"""The customer: a legal entity or a person with a contract, and a PostgreSQL schema of its own."""

from __future__ import annotations

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from accounts.rules.applications import Particulars
from accounts.rules.sign_in import SignInRules
from kernel.fields import IdField


class Customer(TenantMixin):
    """A customer (clause C1). `schema_version` says which migrations its schema has seen.

    `ending`: the contract has a last day, until which everything works. `ended`: only the owners come in, for the
    export. `closed`: the content is destroyed.

    `members_see_all`: members see every document unless it is said otherwise of one; `members_share`: they may share
    what they had sealed (clause C2).

    `last_active_on` is the last legal day on which a member came in or a program asked for something, null before the
    first (clause C9); written once a day at most.
    """

    class Kind(models.TextChoices):
        LEGAL_ENTITY = "legal_entity"
        NATURAL_PERSON = "natural_person"

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        ENDING = "ending"
        ENDED = "ended"
        CLOSED = "closed"

    auto_create_schema = False  # created from the blueprint, in the transaction of the row

    id = IdField(prefix="cus")
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.LEGAL_ENTITY)
    country = models.CharField(max_length=2)
    register_number = models.CharField(max_length=40, blank=True)
    vat_number = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    schema_version = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    sign_in_rules = models.JSONField(default=dict)
    members_see_all = models.BooleanField(default=False, db_default=False)
    members_share = models.BooleanField(default=True, db_default=True)
    last_active_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def sign_in(self) -> SignInRules:
        return SignInRules.stored(self.sign_in_rules)

    @property
    def has_schema(self) -> bool:
        return self.status != self.Status.CLOSED

    @property
    def is_active(self) -> bool:
        return self.status in {self.Status.ACTIVE, self.Status.ENDING}

    @property
    def is_legal_entity(self) -> bool:
        return self.kind == self.Kind.LEGAL_ENTITY

    @property
    def particulars(self) -> Particulars:
        return Particulars(self.register_number, self.vat_number, self.street, self.postcode, self.city)


class CustomerDomain(DomainMixin):
    """A host name of the customer's own. The portal works without: customers are chosen by path."""

    id = models.BigAutoField(primary_key=True)
