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
