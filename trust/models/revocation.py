"""Answers of certification authorities about revocation, kept while they may be used."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RevocationAnswer(models.Model):
    """The newest verified answer of one kind about one certificate (OCSP) or one list (CRL)."""

    kind = models.CharField(max_length=4, choices=[("ocsp", "OCSP"), ("crl", "CRL")])
    covers = models.CharField(max_length=500, help_text=_("Issuer's key digest and serial, or the list's URL."))
    url = models.URLField(max_length=500)
    content = models.BinaryField(help_text=_("DER."))
    this_update = models.DateTimeField()
    next_update = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField()

    class Meta:
        verbose_name = _("revocation answer")
        verbose_name_plural = _("revocation answers")
        constraints = [models.UniqueConstraint(fields=["kind", "covers"], name="trust_newest_answer")]

    def __str__(self) -> str:
        return f"{self.kind} {self.covers}"


class RevocationSource(models.Model):
    """An address at which revocation is asked about, and how it has been answering."""

    kind = models.CharField(max_length=4, choices=[("ocsp", "OCSP"), ("crl", "CRL")])
    url = models.URLField(max_length=500)
    failures = models.PositiveIntegerField(default=0, help_text=_("Failures in a row."))
    failing_since = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("revocation source")
        verbose_name_plural = _("revocation sources")
        constraints = [models.UniqueConstraint(fields=["kind", "url"], name="trust_source_once")]

    def __str__(self) -> str:
        return self.url


class RevocationWatch(models.Model):
    """When a seal certificate is asked about next, and since when nobody answers for it."""

    certificate = models.OneToOneField("trust.SealCertificate", on_delete=models.CASCADE)
    due_at = models.DateTimeField()
    unknown_since = models.DateTimeField(null=True, blank=True, help_text=_("Since when it can seal nothing."))
    detail = models.TextField(blank=True)

    class Meta:
        verbose_name = _("revocation watch")
        verbose_name_plural = _("revocation watches")
        indexes = [models.Index(fields=["due_at"], name="trust_watch_due")]

    def __str__(self) -> str:
        return str(self.certificate_id)
