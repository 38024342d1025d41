"""Words that a customer puts on its documents to find them again, and with whom documents are shared."""

from __future__ import annotations

from django.db import models

from kernel.fields import IdField
from kernel.tenancy.guard import CustomerModel


class Label(CustomerModel):
    """A label of the whole customer. Its name is encrypted; `name_index` keeps it from being there twice."""

    id = IdField(prefix="lbl")
    encrypted_name = models.BinaryField()
    name_index = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()


class SealLabel(CustomerModel):
    """A label put on a seal's documents."""

    id = models.BigAutoField(primary_key=True)
    seal = models.ForeignKey("sealing.Seal", on_delete=models.CASCADE, related_name="labellings")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="labellings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal", "label"], name="seal_label_once")]


class SealShare(CustomerModel):
    """A member who may see and download the documents of a seal although somebody else had it made.

    Members live in public: the id of the membership and the name as it was are kept here, without a foreign key.
    """

    id = models.BigAutoField(primary_key=True)
    seal = models.ForeignKey("sealing.Seal", on_delete=models.CASCADE, related_name="shares")
    member_id = models.CharField(max_length=40)
    member_name = models.CharField(max_length=200)
    shared_by = models.CharField(max_length=40)
    shared_by_name = models.CharField(max_length=200)
    shared_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["member_id", "seal"], name="share_of_member")]
        constraints = [models.UniqueConstraint(fields=["seal", "member_id"], name="share_once")]
