"""People sign in once; what they may do hangs on their memberships."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext

from accounts.rules.people import FORGOTTEN_DOMAIN


class PersonQuerySet(BaseUserManager["Person"]):
    """Creates people; e-mail addresses are compared without regard to case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        person = self.model(email=email.lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Person:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)


class Person(AbstractBaseUser, PermissionsMixin):
    """A natural person who signs in (clause C1: an account belongs to one person only).

    `managed_by` is the customer whose identity provider or provisioning made the person.
    Empty language, country and time zone mean that nothing was chosen. `last_customer` is where they worked last.

    `left_at`: when the latest membership ended of which no row is left (a trigger writes it). `deletion_asked_at`: they
    want their account erased. `kept_at`: they wanted it kept although they belonged to no customer. `restricted_at`:
    their data are kept and not used for now (D1). `forgotten_at`: the row is all that is left (D3). All UTC.
    """

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, blank=True)
    country = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    last_customer = models.ForeignKey("accounts.Customer", on_delete=models.SET_NULL, null=True, related_name="+")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    managed_by = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, null=True, related_name="+")
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True)
    deletion_asked_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    restricted_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    objects: ClassVar[PersonQuerySet] = PersonQuerySet()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_once"),
            models.CheckConstraint(
                condition=Q(forgotten_at=None)
                | Q(is_active=False, is_staff=False, is_superuser=False, name="", email__endswith=FORGOTTEN_DOMAIN),
                name="person_forgotten_is_nobody",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Erased account") if self.forgotten_at else self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email
