"""Suspensions of customers: on which ground, why, by whom, and until when they are looked at again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.rules.suspensions import Ground
from kernel.fields import IdField


class Suspension(models.Model):
    """One suspension of a customer (clause C7); the last one that was not lifted is the one that holds."""

    id = IdField(prefix="susp")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="suspensions")
    ground = models.CharField(max_length=20, choices=[(each.value, each.value.replace("_", " ")) for each in Ground])
    reason = models.TextField()
    suspended_at = models.DateTimeField()
    suspended_by = models.CharField(max_length=200)
    review_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=200, blank=True)
    lift_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(lifted_at=None), name="suspension_once_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.ground}"
