"""What the customer gave us to seal. Its content is an encrypted object, its name is encrypted here."""

from __future__ import annotations

from django.db import models

from kernel.fields import IdField
from kernel.tenancy.guard import CustomerModel


class Document(CustomerModel):
    """One uploaded file of a seal. `object_name` leads to its encrypted content; size in bytes, SHA-256 in hex of the
    plain; `position` counts the documents of a seal from 0, in the order in which they came.
    """

    id = IdField(prefix="doc")
    seal = models.ForeignKey("sealing.Seal", on_delete=models.PROTECT, related_name="documents")
    position = models.PositiveSmallIntegerField()
    encrypted_name = models.BinaryField()
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    object_name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["seal", "position"], name="document_place_once")]
