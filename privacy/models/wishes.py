"""Requests of erasure that an account waits for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ErasureWish(models.Model):
    """That a request about personal data asks for the erasure of an account, until it is told what came of it (D1).

    `refused` is the code of why nothing was erased, empty otherwise.
    """

    request_id = models.CharField(primary_key=True, max_length=40)
    person_id = models.BigIntegerField(db_index=True)
    asked_at = models.DateTimeField()
    refused = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("wish to be erased")
        verbose_name_plural = _("wishes to be erased")
        constraints = [
            models.CheckConstraint(
                condition=Q(refused="") | Q(ended_at__isnull=False), name="erasure_wish_refused_ended"
            )
        ]

    def __str__(self) -> str:
        return self.request_id
