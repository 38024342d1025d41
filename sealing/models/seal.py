"""A seal from its order to its evidence, and every attempt to make it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.fields import IdField
from kernel.tenancy.guard import CustomerModel
from sealing.rules.seal_states import SealStatus

STATUSES = [(status.value, status.value) for status in SealStatus]


class Seal(CustomerModel):
    """One seal asked for. What was in force when it was accepted (certificate, level, engine) is frozen in the row.

    People and tokens live in public: their id and the name as it was are kept here, without a foreign key. What the
    customer wrote (reason, place, reference) is in `encrypted_options`; `reference_index` finds a reference without
    telling it. `evidence` is what the engine knew when it was done (`gateways.evidence`). `encrypted_appearance` holds
    what the seal shows on its page, with the logo, until it has ended. `archived_until` is when the certificate of the
    newest archive timestamp ends (UTC), null below B-LTA. When the documents were deleted, what the customer wrote and
    the digest are erased, and `object_name` becomes null once the object is gone; what proves that there was a seal
    stays.
    """

    class Format(models.TextChoices):
        PADES = "pades"
        ASICE = "asice"
        CADES = "cades"

    class Level(models.TextChoices):
        B_T = "B-T"
        B_LT = "B-LT"
        B_LTA = "B-LTA"

    id = IdField(prefix="seal")
    status = models.CharField(max_length=24, choices=STATUSES, default=SealStatus.QUEUED.value)
    format = models.CharField(max_length=8, choices=Format)
    level = models.CharField(max_length=5, choices=Level)
    live = models.BooleanField()
    certificate_id = models.CharField(max_length=40)
    certificate_subject = models.CharField(max_length=300)
    engine_version = models.CharField(max_length=40)
    encrypted_options = models.BinaryField()
    encrypted_appearance = models.BinaryField(null=True)
    reference_index = models.CharField(max_length=64, blank=True)
    requested_by = models.CharField(max_length=40)
    requested_by_name = models.CharField(max_length=200)
    accepted_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True)
    object_name = models.CharField(max_length=120, null=True, unique=True)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    timestamp_authority = models.CharField(max_length=200, blank=True)
    timestamp_serial = models.CharField(max_length=80, blank=True)
    timestamp_at = models.DateTimeField(null=True)
    evidence = models.JSONField(null=True)
    archived_until = models.DateTimeField(null=True)
    delay_code = models.CharField(max_length=60, blank=True)
    delay_detail = models.TextField(blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    failure_detail = models.TextField(blank=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=40, blank=True, default="", db_default="")
    deleted_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["-id"], name="seal_newest"),
            models.Index(fields=["reference_index"], name="seal_reference", condition=~Q(reference_index="")),
            models.Index(fields=["archived_until"], name="seal_archived_until", condition=Q(level="B-LTA")),
        ]
        constraints = [
            models.CheckConstraint(
                name="seal_sealed_is_complete",
                condition=~Q(status="sealed")
                | Q(sealed_at__isnull=False, timestamp_at__isnull=False)
                & (Q(object_name__isnull=False) | Q(deleted_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="seal_deleted_is_final",
                condition=Q(deleted_at=None) | Q(status__in=["sealed", "refused", "failed"]),
            ),
            models.CheckConstraint(
                name="seal_failure_has_code",
                condition=Q(status__in=["refused", "failed"]) ^ Q(failure_code=""),
            ),
        ]


class SealAttempt(CustomerModel):
    """Written before the HSM is asked: signatures never exceed attempts, and each surplus one is explained here."""

    id = models.BigAutoField(primary_key=True)
    seal = models.ForeignKey(Seal, on_delete=models.CASCADE, related_name="attempts")
    fence = models.BigIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal", "fence"], name="seal_attempt_once")]


class SealArchiving(CustomerModel):
    """One order to give a sealed file another archive timestamp, and what became of it.

    `outcome` is `archived` or the code of what stopped it; `sha256` (hex) is of the file that came of it,
    `sha256_before` and `size_before` (bytes) of the one in whose place it is; serial and time are its new timestamp's,
    whose certificate ends at `archived_until`. The digests go when the documents are deleted.
    """

    id = IdField(prefix="arch")
    seal = models.ForeignKey(Seal, on_delete=models.CASCADE, related_name="archivings")
    ordered_by = models.CharField(max_length=60)
    ordered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True)
    timestamp_authority = models.CharField(max_length=200, blank=True)
    timestamp_serial = models.CharField(max_length=80, blank=True)
    timestamp_at = models.DateTimeField(null=True)
    archived_until = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    sha256_before = models.CharField(max_length=64, blank=True, default="", db_default="")
    size_before = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["seal"], condition=Q(ended_at=None), name="seal_archiving_once"),
            models.CheckConstraint(
                name="seal_archiving_ended_is_complete",
                condition=Q(ended_at=None, outcome="") | Q(ended_at__isnull=False) & ~Q(outcome=""),
            ),
        ]
