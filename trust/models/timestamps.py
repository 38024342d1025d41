"""The pool of timestamp authorities and what they have issued."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
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
    failing_since = models.DateTimeField(null=True, blank=True, help_text=_("When the failures in a row began."))
    held_until = models.DateTimeField(null=True, blank=True, help_text=_("Until when staff let it rest."))
    window_starts_at = models.DateTimeField(null=True, blank=True, help_text=_("Of the quota that is being used."))
    window_used = models.PositiveIntegerField(default=0, help_text=_("Requests in that window."))
    signer_due_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When its certificate is asked about again.")
    )
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
        indexes = [BrinIndex(fields=["generated_at"], name="trust_serials_by_age")]

    def __str__(self) -> str:
        return f"{self.authority_id} {self.serial}"


class TimestampDay(models.Model):
    """How an authority behaved on one day of the operator's calendar. `lane` spreads the counting over several rows,
    so that workers do not wait for each other."""

    authority = models.ForeignKey(TimestampAuthority, on_delete=models.PROTECT, related_name="days")
    on = models.DateField()
    lane = models.PositiveSmallIntegerField()
    issued = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    stood_in = models.PositiveIntegerField(
        default=0, help_text=_("Issued because another could not be asked or failed.")
    )
    latencies = ArrayField(
        models.PositiveIntegerField(), help_text=_("How many answers took how long, by the bounds in rules/latency.py.")
    )

    class Meta:
        verbose_name = _("day of a timestamp authority")
        verbose_name_plural = _("days of timestamp authorities")
        constraints = [models.UniqueConstraint(fields=["authority", "on", "lane"], name="trust_day_counted_once")]

    def __str__(self) -> str:
        return f"{self.authority_id} {self.on}"
