"""Copies of somebody's data that were made to answer a request (D1)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.fields import IdField


class RightsExport(models.Model):
    """One sealed ZIP, encrypted under the operator's key; once for each request.

    `person_id` is None for who has no account. The link's secret follows from the id; of it only a keyed hash is kept.
    `size` (bytes) and `sha256` (hex) are of the plain file. On `delete_on`, a legal day, file and row are gone.
    """

    id = IdField(prefix="exp")
    request_id = models.CharField(max_length=40, unique=True)
    person_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20)
    secret_hash = models.CharField(max_length=64, unique=True)
    object_name = models.CharField(max_length=120, unique=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_on = models.DateField()
    delete_on = models.DateField()
    downloads = models.PositiveIntegerField(default=0)
    downloaded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("copy of somebody's data")
        verbose_name_plural = _("copies of somebody's data")
        constraints = [
            models.CheckConstraint(name="rights_export_goes", condition=Q(delete_on__gt=F("made_on"))),
            models.CheckConstraint(
                name="rights_export_downloaded",
                condition=Q(downloads=0, downloaded_at=None) | Q(downloads__gt=0, downloaded_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["delete_on"], name="rights_export_to_delete"),
            models.Index(fields=["person_id"], name="rights_export_of_person"),
        ]

    def __str__(self) -> str:
        return self.id
