"""The operator's signed word about a seal."""

from __future__ import annotations

from django.db import models

from kernel.tenancy.guard import CustomerModel


class SealReceipt(CustomerModel):
    """The receipt of the file as it is, as it was first given out: a compact JWS (RFC 7515).

    It never changes. When the file was archived it is another file: the row goes, and whoever asks next gets one that
    names both.
    """

    seal = models.OneToOneField("sealing.Seal", on_delete=models.CASCADE, primary_key=True, related_name="receipt")
    jws = models.TextField()
    issued_at = models.DateTimeField()
