"""What the retention engine remembers: what is due, who was told, what it did, and what it must not touch."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.fields import IdField


class RetentionItem(models.Model):
    """One subject that a rule will take away: found, told, due, claimed, done. One row for each subject and cycle.

    `subject` is an id of whatever the rule is about. `due_on` is computed anew in the transaction that acts: a sign-in,
    an upgrade or a hold since then sends the item back. `cycle` is the event counted from, so that a second period of
    inactivity is another item. `claimed_at` is the claim's lease and fence (UTC): who finds another there has lost it.
    `ledger_entry` is set in the transaction that acts; from then on only the steps are left, `step` is the last that
    was done, `counts` what went so far, by name.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        CLAIMED = "claimed", _("Being carried out")
        DONE = "done", _("Carried out")
        CANCELLED = "cancelled", _("No longer due")

    id = IdField(prefix="ret")
    rule = models.CharField(max_length=24)
    subject = models.CharField(max_length=60)
    customer_id = models.CharField(max_length=40, blank=True)
    person_id = models.CharField(max_length=40, blank=True)
    cycle = models.CharField(max_length=40)
    due_on = models.DateField()
    state = models.CharField(max_length=9, choices=State, default=State.PLANNED)
    step = models.CharField(max_length=24, blank=True)
    counts = models.JSONField(default=dict)
    ledger_entry = models.OneToOneField(
        "privacy.ErasureLedgerEntry", on_delete=models.PROTECT, related_name="item", null=True
    )
    found_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("retention item")
        verbose_name_plural = _("retention items")
        constraints = [
            models.UniqueConstraint(fields=["rule", "subject", "cycle"], name="retention_item_once"),
            models.UniqueConstraint(
                fields=["rule", "subject"],
                condition=Q(state__in=["planned", "claimed"]),
                name="retention_item_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "claimed"], ended_at=None)
                | Q(state__in=["done", "cancelled"], ended_at__isnull=False),
                name="retention_item_ended_at",
            ),
        ]
        indexes = [
            models.Index(fields=["rule", "due_on"], condition=Q(state="planned"), name="retention_item_to_do"),
            models.Index(fields=["customer_id"], name="retention_item_of_customer"),
        ]

    def __str__(self) -> str:
        return self.subject


class RetentionNotice(models.Model):
    """That those concerned were told, `days_before` days ahead, of an item that is about to go."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(RetentionItem, on_delete=models.CASCADE, related_name="notices")
    days_before = models.PositiveSmallIntegerField()
    given_on = models.DateField()
    due_on_told = models.DateField()

    class Meta:
        verbose_name = _("notice of erasure")
        verbose_name_plural = _("notices of erasure")
        constraints = [models.UniqueConstraint(fields=["item", "days_before"], name="retention_notice_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.days_before}"


class Hold(models.Model):
    """That something must not be erased for now, for a reason outside the product, such as a court's order.

    It covers a customer, a person, or one subject of a rule. Fail-closed: what is held is asked when an item is claimed
    and again when it is acted upon.
    """

    class Covers(models.TextChoices):
        CUSTOMER = "customer", _("A customer")
        PERSON = "person", _("A person")
        SUBJECT = "subject", _("One thing")

    id = IdField(prefix="hld")
    covers = models.CharField(max_length=8, choices=Covers)
    subject = models.CharField(max_length=60)
    case = models.CharField(max_length=120)
    reason = models.CharField(max_length=1000)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=200)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=200, blank=True)
    release_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.UniqueConstraint(
                fields=["covers", "subject", "case"], condition=Q(released_at=None), name="hold_once_for_a_case"
            ),
        ]
        permissions = [("manage_hold", "Can place and release holds")]
        indexes = [models.Index(fields=["subject"], condition=Q(released_at=None), name="hold_in_force")]

    def __str__(self) -> str:
        return f"{self.covers} {self.subject}"


class RetentionRun(models.Model):
    """One day of the engine with one rule and store: what it found and did, or why it waits for a second person.

    `store` is that of the sweep, empty for what goes subject by subject. `planned` is the day's number, what is done of
    it included; `allowed` what a second person released, for this day alone. `told_at` is when staff had an alarm of
    the brake, `started_at` the day's first tick, `ended_at` the end of its last (UTC).
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        BRAKED = "braked", _("Waits for a second person")
        RELEASED = "released", _("Released")
        FAILED = "failed", _("Failed")

    id = IdField(prefix="run")
    rule = models.CharField(max_length=24)
    store = models.CharField(max_length=80, blank=True)
    day = models.DateField()
    state = models.CharField(max_length=8, choices=State)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    planned = models.PositiveIntegerField(default=0)
    population = models.PositiveIntegerField(default=0)
    erased = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    allowed = models.PositiveIntegerField(default=0)
    released_by = models.CharField(max_length=200, blank=True)
    release_reason = models.CharField(max_length=1000, blank=True)
    told_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")
        constraints = [
            models.UniqueConstraint(fields=["rule", "store", "day"], name="retention_run_once_a_day"),
            models.CheckConstraint(condition=Q(allowed=0) | ~Q(released_by=""), name="retention_run_released_by"),
        ]
        permissions = [("release_retentionrun", "Can release what the brake stopped")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.id}"


class ErasureLedgerEntry(models.Model):
    """That something is being erased, written before the first destructive call and kept outside the database, too.

    No personal data and no free text: `subject_hash` is a keyed hash, `counts` has numbers only. Append-only (a
    trigger). After a restore it tells what has to be erased again before anybody comes in.
    """

    id = IdField(prefix="led")
    rule = models.CharField(max_length=24)
    step = models.CharField(max_length=24)
    subject_kind = models.CharField(max_length=24)
    subject_hash = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = _("entry of the erasure ledger")
        verbose_name_plural = _("erasure ledger")
        indexes = [models.Index(fields=["subject_hash"], name="ledger_of_subject")]

    def __str__(self) -> str:
        return f"{self.rule} {self.step} {self.written_at:%Y-%m-%d}"


class ErasureReceipt(models.Model):
    """The sealed PDF that says what was erased, when, and what is kept until when because of which rule."""

    id = IdField(prefix="rcp")
    rule = models.CharField(max_length=24)
    subject_hash = models.CharField(max_length=64)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("receipt of erasure")
        verbose_name_plural = _("receipts of erasure")

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d} {self.id}"
