"""What browsers answered when they were asked about cookies (clause D2)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.fields import IdField


class ConsentRecord(models.Model):
    """One answer. Another answer is another row: what was given and what was taken back are kept equally long.

    Nothing tells whose browser it was: no person, no network address. `browser` is a random number that its cookie
    holds, the same for all of its answers; whoever shows it can have their answers looked up. `text_hash` is the
    SHA-256 of what they were shown, `registry_version` names the declarations. Rows never change (a trigger).
    """

    class Manner(models.TextChoices):
        ACCEPTED = "accepted", _("Agreed to everything")
        REJECTED = "rejected", _("Refused everything")
        CHOSEN = "chosen", _("Chose")
        WITHDRAWN = "withdrawn", _("Took everything back")

    id = IdField(prefix="cns")
    browser = models.CharField(max_length=40)
    manner = models.CharField(max_length=9, choices=Manner)
    choices = models.JSONField()
    registry_version = models.CharField(max_length=16)
    text_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    despite_signal = models.BooleanField()
    given_at = models.DateTimeField()

    class Meta:
        verbose_name = _("consent to cookies")
        verbose_name_plural = _("consents to cookies")
        indexes = [
            models.Index(fields=["given_at"], name="consent_by_age"),
            models.Index(fields=["browser"], name="consent_of_browser"),
        ]

    def __str__(self) -> str:
        return f"{self.browser} {self.given_at:%Y-%m-%d}"
