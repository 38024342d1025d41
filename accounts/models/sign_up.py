"""What somebody asked for at sign-up, until their e-mail address is confirmed and afterwards as evidence."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.customer import Customer
from accounts.rules.applications import Particulars
from kernel.fields import IdField


class Application(models.Model):
    """A person's wish to become a customer, with what they declared and accepted (clauses B18, C1, C5).

    `declarations` holds each text that stood beside a ticked box, with its hash, language and moment; `accepted` the
    ids and hashes of the legal documents. `position` is in which capacity the person acts for an entity.
    `customer` is set once the e-mail address is confirmed: until then nobody can fill the database with schemas.
    """

    id = IdField(prefix="app")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="applications")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Customer.Kind)
    country = models.CharField(max_length=2)
    register_number = models.CharField(max_length=40, blank=True)
    vat_number = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    position = models.CharField(max_length=120, blank=True)
    declarations = models.JSONField(default=list)
    accepted = models.JSONField(default=list)
    plan_code = models.CharField(max_length=40, null=True)
    terms_accepted_at = models.DateTimeField()
    customer = models.OneToOneField(
        "accounts.Customer", on_delete=models.PROTECT, null=True, related_name="application"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(customer=None), name="application_open_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def particulars(self) -> Particulars:
        return Particulars(self.register_number, self.vat_number, self.street, self.postcode, self.city)


class SignInCounter(models.Model):
    """Attempts to sign in and one-time codes already used, written by Django's database cache.

    In PostgreSQL and not in Redis, so that without Redis people still sign in and limits still hold.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key
