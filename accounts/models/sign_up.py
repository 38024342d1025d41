"""What somebody asked for at sign-up, until their e-mail address is confirmed and afterwards as evidence."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models.customer import Customer
from kernel.fields import IdField


class Application(models.Model):
    """A person's wish to become a customer, with the acceptance of the terms (clause C5).

    `customer` is set once the e-mail address is confirmed: until then nobody can fill the database with schemas.
    """

    id = IdField(prefix="app")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="applications")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Customer.Kind)
    country = models.CharField(max_length=2)
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


class SignInCounter(models.Model):
    """Attempts to sign in and one-time codes already used, written by Django's database cache.

    In PostgreSQL and not in Redis, so that without Redis people still sign in and limits still hold.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key
