"""The operator's signed word about a seal."""

from __future__ import annotations

from django.db import models

from kernel.tenancy.guard import CustomerModel


class SealReceipt(CustomerModel):
    """A receipt as it was first given out, a compact JWS (RFC 7515); it never changes."""

    seal = models.OneToOneField("sealing.Seal", on_delete=models.CASCADE, primary_key=True, related_name="receipt")
    jws = models.TextField()
    issued_at = models.DateTimeField()
