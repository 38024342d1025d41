"""What the customer gave us to seal. Its content is an encrypted object, its name is encrypted here."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from kernel.fields import IdField
from kernel.tenancy.guard import CustomerModel


class Document(CustomerModel):
    """One document of a seal; `position` counts them from 0, in the order in which they came.

    `object_name` leads to the encrypted content; it is null when only the digest is needed, which is then all that is
    kept. `digest` (hex) is of the plain content; size in bytes, null when only a digest was sent.
    `search_index` holds the keyed digests by which the name and the seal's reference are found; null until they were
    computed. When the documents were deleted, name, digest and index are empty, and `object_name` becomes null once
    the object is gone.
    """

    id = IdField(prefix="doc")
    seal = models.ForeignKey("sealing.Seal", on_delete=models.PROTECT, related_name="documents")
    position = models.PositiveSmallIntegerField()
    encrypted_name = models.BinaryField()
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField(null=True)
    digest_algorithm = models.CharField(max_length=6)
    digest = models.CharField(max_length=128)
    object_name = models.CharField(max_length=120, null=True, unique=True)
    search_index = ArrayField(models.BigIntegerField(), null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        indexes = [
            GinIndex(fields=["search_index"], name="document_search"),
            models.Index(fields=["id"], name="document_not_indexed", condition=Q(search_index=None)),
        ]
        constraints = [models.UniqueConstraint(fields=["seal", "position"], name="document_place_once")]
