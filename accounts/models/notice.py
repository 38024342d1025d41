"""Notices and how each of their recipients was reached."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from kernel.fields import IdField


class Notice(models.Model):
    """Something we have told a customer, a person or staff (clause E8).

    Rendered from `kind` and `facts` in each reader's language. Facts named `..._at` are moments, `..._on` dates. A
    notice to a person or staff has no customer. `given_at`: when the first recipient had it in the portal or was sent
    the mail; None until then.
    """

    id = IdField(prefix="ntc")
    number = models.CharField(max_length=16)
    kind = models.CharField(max_length=60)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, null=True, related_name="notices")
    subject = models.CharField(max_length=80, blank=True)
    facts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "number"], name="notice_number_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.number


class NoticeDelivery(models.Model):
    """One recipient of a notice: the address and language as they were, and what became of the mail.

    `text_sha256` (hex) is of what was mailed: subject, empty line, text. `failure` is what the mail server, or the
    bounce, last said. `own_server`: it left through the customer's own.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        BOUNCED = "bounced"
        FAILED = "failed"
        MUTED = "muted"

    id = IdField(prefix="ndl")
    notice = models.ForeignKey("accounts.Notice", on_delete=models.PROTECT, related_name="deliveries")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="notice_deliveries")
    email = models.EmailField(max_length=254)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    text_sha256 = models.CharField(max_length=64, blank=True)
    own_server = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "notice deliveries"
        constraints = [models.UniqueConstraint(fields=["notice", "person"], name="notice_delivery_once")]
        indexes = [
            models.Index(fields=["person", "-notice"], name="notices_of_person"),
            models.Index(fields=["person"], name="notices_unread", condition=models.Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.email


class NoticeCounter(models.Model):
    """How many notices a customer had in a year; `owner` is the customer's id, or empty for those without one."""

    owner = models.CharField(max_length=40)
    year = models.IntegerField()
    last = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "year"], name="notice_counter_once")]

    def __str__(self) -> str:
        return f"{self.owner} {self.year}"
