"""The operator's keys that sign checkpoints of the audit trail, and nothing else."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.fields import IdField


class AuditKey(models.Model):
    """A key pair in the HSM; its label there is this row's id. One at a time signs, the others stay to verify with."""

    id = IdField(prefix="ak")
    algorithm = models.CharField(max_length=16)
    public_key = models.BinaryField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=Q(retired_at__isnull=True), name="trust_one_audit_key"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def label(self) -> str:
        return str(self.id)
