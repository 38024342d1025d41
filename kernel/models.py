"""What the kernel keeps in the public schema: audit trail, events, jobs, customer keys, idempotency."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from kernel.fields import TransactionId


class AuditEntry(models.Model):
    """One thing somebody did (clause C3). Written in the acting transaction; triggers forbid changing it.

    What is personal is in `payload`, encrypted for the customer (`kernel.audit.payload_of`). `content_hash` is over all
    of it. Lies in a partition by `retention`, then by the day of `at`.
    """

    id = models.BigAutoField(primary_key=True)
    retention = models.CharField(max_length=8)
    at = models.DateTimeField()
    customer_id = models.CharField(max_length=40, null=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=80)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=80, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    payload = models.BinaryField()
    content_hash = models.BinaryField()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["customer_id", "-id"], name="audit_by_customer")]

    @property
    def chain(self) -> str:
        return self.customer_id or "platform"


class AuditLink(models.Model):
    """The place of an entry in its chain: a number without gaps, and a hash over everything up to it.

    Only a trigger writes here, at the end of the acting transaction. Lies in partitions as its entry does.
    """

    entry = models.OneToOneField(
        AuditEntry, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="link"
    )
    chain = models.CharField(max_length=40)
    seq = models.BigIntegerField()
    retention = models.CharField(max_length=8)
    at = models.DateTimeField()
    hash = models.BinaryField()


class AuditChain(models.Model):
    """The end of a chain: one for each customer, and `platform`. Only the trigger of entries writes here."""

    chain = models.CharField(max_length=40, primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField()


class AuditCut(models.Model):
    """Entries that were dropped because their time was over (clause D5): their numbers, and the hash of the last.

    Believed only if a checkpoint as old as the period covers them.
    """

    id = models.BigAutoField(primary_key=True)
    chain = models.CharField(max_length=40)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    hash = models.BinaryField()
    retention = models.CharField(max_length=8)
    cut_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["chain", "first_seq"], name="audit_cut_by_chain")]


class AuditCheckpoint(models.Model):
    """What the operator's audit key has signed about the ends of all chains that moved, with a timestamp over it.

    `jws` is compact (RFC 7515); `timestamp` is an RFC 3161 token over its SHA-256.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    jws = models.TextField()
    timestamp = models.BinaryField()


class AuditCheckpointHead(models.Model):
    """The end of one chain in a checkpoint, and the path from it to the signed root."""

    id = models.BigAutoField(primary_key=True)
    checkpoint = models.ForeignKey(AuditCheckpoint, models.PROTECT, related_name="heads")
    chain = models.CharField(max_length=40)
    seq = models.BigIntegerField()
    hash = models.BinaryField()
    path = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "checkpoint"], name="audit_one_head_a_checkpoint")]


class Event(models.Model):
    """Something that happened (`seal.published`). Tasks and customers' webhooks are fed from this stream.

    Ids are given before the commit, so a lower one may appear after a higher one. Who reads the stream from a place on
    reads it in the order of (`written_by`, `id`), and only what no running transaction can still add to.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    at = models.DateTimeField()
    customer_id = models.CharField(max_length=40, null=True)
    subject = models.CharField(max_length=80, blank=True)
    payload = models.JSONField(default=dict)
    written_by = models.BigIntegerField(db_default=TransactionId(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "written_by", "id"], name="event_stream"),
            BrinIndex(fields=["at"], name="event_by_age", autosummarize=True),  # cheap to write; asked every tick (D5)
        ]


class Job(models.Model):
    """Work to do. This table is the truth; Celery only rings the bell.

    `fence` grows with every claim: who publishes must still hold the newest. `crashes` counts claims that ended
    without a word, `attempts` all claims. `turn` orders what is due fairly between customers; what is not due yet has
    none.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=160, unique=True)
    customer_id = models.CharField(max_length=40, null=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    run_at = models.DateTimeField()
    turn = models.BigIntegerField(null=True)
    deadline_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    crashes = models.IntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["run_at", "id"], name="job_to_come", condition=Q(state="queued", turn__isnull=True)),
            models.Index(
                fields=["turn", "run_at", "id"], name="job_due", condition=Q(state="queued", turn__isnull=False)
            ),
            models.Index(fields=["customer_id", "turn"], name="job_last_turn", condition=Q(turn__isnull=False)),
            models.Index(fields=["lease_until"], name="job_leased", condition=Q(state="running")),
            BrinIndex(Coalesce("finished_at", "created_at"), name="job_by_age", autosummarize=True),
        ]
        constraints = [
            models.CheckConstraint(
                name="job_running_has_lease", condition=Q(state="running") ^ Q(lease_until__isnull=True)
            ),
        ]


class CustomerKey(models.Model):
    """The key under which a customer's objects and names are encrypted, wrapped by the HSM key `label` (clause D6).

    Destroying that HSM key makes every copy of `wrapped_key`, in backups too, worthless (clause D3).
    `audit_public` and `audit_private` are the X25519 pair for audit payloads, the latter encrypted under the key;
    `audit_retention` is the class in which new audit entries are kept (clause D5).
    """

    customer_id = models.CharField(max_length=40, primary_key=True)
    label = models.CharField(max_length=80, unique=True)
    wrapped_key = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    audit_public = models.BinaryField(null=True)
    audit_private = models.BinaryField(null=True)
    audit_retention = models.CharField(max_length=8, default="activity")


class IdempotentRequest(models.Model):
    """The outcome of a request that carried an `Idempotency-Key`: a reference, never the answer's content."""

    id = models.BigAutoField(primary_key=True)
    customer_id = models.CharField(max_length=40)
    operation = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    reference = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_id", "operation", "key"], name="idempotent_request_once")
        ]


class SchemaBlueprint(models.Model):
    """The SQL of the customer schema's migrations, replayed to create a schema within one transaction."""

    version = models.CharField(max_length=120, primary_key=True)
    migrations = models.JSONField()
