"""Whether a customer may be named as a reference."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.fields import IdField


class ReferenceConsent(models.Model):
    """A customer's consent to be named (clause C11): to what, in which words, by whom, from when until when.

    `words` are those that were on the page, `words_sha256` their digest (hex, of UTF-8).
    """

    id = IdField(prefix="ref")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="reference_consents")
    name = models.BooleanField()
    logo = models.BooleanField()
    words_version = models.CharField(max_length=20)
    words = models.TextField()
    words_sha256 = models.CharField(max_length=64)
    given_by = models.CharField(max_length=40)
    given_by_name = models.CharField(max_length=200)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(withdrawn_at=None), name="reference_consent_once"),
            models.CheckConstraint(name="reference_consent_to_something", condition=Q(name=True) | Q(logo=True)),
        ]

    def __str__(self) -> str:
        return str(self.customer)
