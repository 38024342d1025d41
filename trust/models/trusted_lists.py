"""Snapshots of the European trusted lists (ETSI TS 119 612), each verified before it was kept."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class TrustedList(models.Model):
    """The last good copy of one list, and how the last attempts to renew it went.

    The list of the lists has the territory EU. Before its first good copy a list has no content.
    """

    territory = models.CharField(max_length=8, unique=True, help_text=_("As the list writes it: EL for Greece, UK."))
    url = models.URLField(max_length=500)
    signers = ArrayField(
        models.BinaryField(), default=list, help_text=_("DER of the certificates that may sign it, by the list above.")
    )
    content = models.BinaryField(null=True, help_text=_("XML as received."))
    version = models.PositiveSmallIntegerField(null=True, blank=True)
    sequence_number = models.PositiveBigIntegerField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True)
    is_test = models.BooleanField(
        default=False, help_text=_("Whether it is a list for trying out, without legal value.")
    )
    pointed_at = models.BooleanField(default=True, help_text=_("Whether the list of the lists still names it."))
    checked_at = models.DateTimeField(null=True, blank=True, help_text=_("When a good copy was last received."))
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("trusted list")
        verbose_name_plural = _("trusted lists")
        ordering = ("territory",)

    def __str__(self) -> str:
        return self.territory


class TrustedEntry(models.Model):
    """A service of a kept list for qualified certificates or timestamps, with its history, as the list has it."""

    trusted_list = models.ForeignKey(TrustedList, on_delete=models.CASCADE, related_name="services")
    keys = ArrayField(
        models.CharField(max_length=64), help_text=_("SHA-256 of the public keys that stand for it, hexadecimal.")
    )
    content = models.BinaryField(help_text=_("XML of the service."))

    class Meta:
        verbose_name = _("trusted service")
        verbose_name_plural = _("trusted services")
        indexes = [GinIndex(fields=["keys"], name="trust_service_by_key")]

    def __str__(self) -> str:
        return f"{self.trusted_list_id} {self.id}"
