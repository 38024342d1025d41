"""Items that came together: each has a seal, or the problem for which it got none."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.fields import IdField
from kernel.tenancy.guard import CustomerModel


class Batch(CustomerModel):
    """`unfinished` counts the seals that have not reached an end, `size` all items; both change under the row's lock,
    so that exactly one transaction ends the last. No item comes after `closed_at`.
    """

    id = IdField(prefix="batch")
    live = models.BooleanField()
    requested_by = models.CharField(max_length=40)
    requested_by_name = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    last_item_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    size = models.PositiveIntegerField(default=0)
    unfinished = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="batch_finished_is_done",
                condition=Q(finished_at__isnull=True) | Q(closed_at__isnull=False, unfinished=0),
            ),
        ]


class BatchItem(CustomerModel):
    """`position` counts from 0, in the order in which they were sent. What could not be accepted has no seal, but a
    name (encrypted) and the refusal: its code, detail and field errors.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    seal = models.OneToOneField("sealing.Seal", on_delete=models.CASCADE, null=True, related_name="batch_item")
    encrypted_name = models.BinaryField(null=True)
    problem = models.JSONField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="batch_place_once"),
            models.CheckConstraint(
                name="batch_item_seal_or_problem", condition=Q(seal__isnull=True) ^ Q(problem__isnull=True)
            ),
        ]
