"""The pool of timestamp authorities and what they have issued."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.fields import IdField


class TimestampAuthority(models.Model):
    """One authority of the pool, enlisted from the settings, with its circuit breaker."""

    id = IdField(prefix="tsa")
    url = models.URLField(max_length=500)
    name = models.CharField(max_length=200)
    live = models.BooleanField()
    enlisted = models.BooleanField(default=True, help_text=_("Whether the settings still name it."))
    position = models.PositiveSmallIntegerField(help_text=_("The order in which authorities are asked."))
    failures = models.PositiveIntegerField(default=0, help_text=_("Failures in a row."))
    rest_until = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    signer = models.BinaryField(null=True, help_text=_("DER of the certificate that signed the last token."))
    signer_chain = ArrayField(models.BinaryField(), default=list, help_text=_("DER of the others in that token."))

    class Meta:
        verbose_name = _("timestamp authority")
        verbose_name_plural = _("timestamp authorities")
        ordering = ("-live", "position")
        constraints = [models.UniqueConstraint(fields=["live", "url"], name="trust_authority_once")]

    def __str__(self) -> str:
        return self.name


class TimestampIssued(models.Model):
    """A timestamp that was accepted. One serial of one authority is accepted once."""

    authority = models.ForeignKey(TimestampAuthority, on_delete=models.PROTECT, related_name="+")
    serial = models.CharField(max_length=64, help_text=_("Hexadecimal."))
    generated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("timestamp")
        verbose_name_plural = _("timestamps")
        constraints = [models.UniqueConstraint(fields=["authority", "serial"], name="trust_serial_accepted_once")]

    def __str__(self) -> str:
        return f"{self.authority_id} {self.serial}"
