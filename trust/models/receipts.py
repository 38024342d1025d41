"""The operator's own keys, with which receipts are signed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.fields import IdField


class ReceiptKey(models.Model):
    """A key pair of the operator in the HSM; its label there is this row's id.

    One at a time signs. Those before it stay here with their public keys (SubjectPublicKeyInfo, DER) for good, so that
    old receipts can always be verified.
    """

    id = IdField(prefix="rk")
    algorithm = models.CharField(max_length=16)
    public_key = models.BinaryField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=Q(retired_at__isnull=True), name="trust_one_receipt_key"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def label(self) -> str:
        return str(self.id)
