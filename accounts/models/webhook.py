"""Where a customer's events are sent, and what became of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.fields import IdField


class Webhook(models.Model):
    """An address of a customer's that is told of events. `types` are public names; none means all.

    `keys` are encrypted under the customer's key; until `former_until` messages are signed with `former_keys`, too.
    (`seen_transaction`, `seen_event`) is the place in the stream up to which deliveries have been written. A live
    webhook is told of everything but test seals, one of test mode of test seals only.
    """

    class State(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    id = IdField(prefix="whk")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="webhooks")
    live = models.BooleanField()
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    types = ArrayField(models.CharField(max_length=80), default=list)
    api_version = models.CharField(max_length=8, default="1")
    state = models.CharField(max_length=10, choices=State, default=State.ENABLED)
    disabled_reason = models.CharField(max_length=10, blank=True)
    keys = models.BinaryField()
    public_key = models.CharField(max_length=60)
    former_keys = models.BinaryField(null=True)
    former_until = models.DateTimeField(null=True)
    seen_transaction = models.BigIntegerField()
    seen_event = models.BigIntegerField()
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    created_by = models.CharField(max_length=80)
    created_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "created_at"], name="webhook_by_customer")]
        constraints = [
            models.CheckConstraint(
                name="webhook_former_keys_end", condition=Q(former_keys=None) ^ Q(former_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_enabled(self) -> bool:
        return self.state == self.State.ENABLED


class WebhookDelivery(models.Model):
    """One message to one webhook. `body` is what is sent, byte for byte the same with every attempt.

    `attempts_in_round` counts since it was last ordered: sending it again begins the schedule anew. `dispatched` tells
    the jobs of one delivery apart: only the newest may end it.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = IdField(prefix="dlv")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=40)
    type = models.CharField(max_length=80)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts_made = models.IntegerField(default=0)
    attempts_in_round = models.IntegerField(default=0)
    dispatched = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_log"),
            models.Index(fields=["webhook", "next_attempt_at"], name="delivery_due", condition=Q(state="pending")),
            models.Index(fields=["webhook"], name="delivery_in_flight", condition=Q(state="sending")),
            models.Index(fields=["ended_at"], name="delivery_ended", condition=Q(ended_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "message_id"], name="delivery_once"),
            models.CheckConstraint(
                name="delivery_ends", condition=Q(state__in=["delivered", "failed"]) ^ Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.message_id


class WebhookAttempt(models.Model):
    """One try at sending a message: the answer, or in `error` why there was none."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.IntegerField()
    at = models.DateTimeField()
    milliseconds = models.IntegerField()
    request_headers = models.JSONField(default=dict)
    status = models.IntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    answer_headers = models.JSONField(default=dict)
    answer_body = models.TextField(blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}"
