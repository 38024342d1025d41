"""Restrictions that were granted: whose data are kept and not used for now (D1; GDPR 18)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.models.rights import RightsRequest


class Restriction(models.Model):
    """What an answer to a request promised: from `placed_at` to `lifted_at` the data are kept and not used.

    Its holds have the request's number as their case. It ends on `ends_on`, which is set when whoever asked for it was
    written to, with `end_reasons`. It goes with its request.
    """

    request = models.OneToOneField(
        RightsRequest, on_delete=models.CASCADE, primary_key=True, related_name="restriction"
    )
    person_id = models.BigIntegerField(null=True)
    placed_at = models.DateTimeField()
    end_reasons = models.TextField(blank=True)
    end_announced_at = models.DateTimeField(null=True)
    ends_on = models.DateField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        constraints = [
            models.CheckConstraint(
                name="restriction_end_announced",
                condition=Q(end_announced_at=None, end_reasons="", ends_on=None)
                | Q(end_announced_at__isnull=False) & ~Q(end_reasons=""),
            ),
            models.CheckConstraint(
                name="restriction_told_before_its_end", condition=Q(lifted_at=None) | Q(ends_on__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["person_id"], condition=Q(lifted_at=None), name="restriction_in_force")]

    def __str__(self) -> str:
        return str(self.request_id)
