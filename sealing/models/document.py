"""What the customer gave us to seal. Its content is an encrypted object, its name is encrypted here."""

from __future__ import annotations

from django.db import models

from kernel.fields import IdField
from kernel.tenancy.guard import CustomerModel


class Document(CustomerModel):
    """One uploaded file. `object_name` leads to its encrypted content; size in bytes, SHA-256 in hex of the plain."""

    id = IdField(prefix="doc")
    encrypted_name = models.BinaryField()
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    object_name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()
