"""Access grants: staff's only way to what a customer keeps encrypted (clause D7)."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.rules.grants import LONGEST, Basis, GrantState, GrantTerms
from kernel.fields import IdField


class AccessGrant(models.Model):
    """One look into one customer's documents: asked for by one of staff, approved by another, ended by the clock.

    It rests on the customer's wish (`offered_…`) or on an authority's order, of which the customer is not told before
    `silent_until`. `seal_ids` are the documents it names; none where `all_documents` are meant. Without `with_content`
    it opens their names and what is on record about them, and no file. `with_trail`: the audit trail, too.
    """

    id = IdField(prefix="grant")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="access_grants")
    basis = models.CharField(max_length=20, choices=[(each.value, each.value.replace("_", " ")) for each in Basis])
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in GrantState])
    purpose = models.TextField()
    all_documents = models.BooleanField()
    seal_ids = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    with_content = models.BooleanField()
    with_trail = models.BooleanField(default=False, db_default=False)
    hours = models.PositiveSmallIntegerField()
    ticket = models.CharField(max_length=80, blank=True)
    authority = models.CharField(max_length=200, blank=True)
    order_reference = models.CharField(max_length=120, blank=True)
    silent_until = models.DateTimeField(null=True)
    offered_by = models.CharField(max_length=40, blank=True)
    offered_by_name = models.CharField(max_length=200, blank=True)
    offered_at = models.DateTimeField(null=True)
    requested_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, null=True, related_name="+")
    requested_by_name = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=200, blank=True)
    uses = models.PositiveIntegerField(default=0)

    class Meta:
        permissions = [
            ("request_accessgrant", "Can ask for access to a customer's documents"),
            ("approve_accessgrant", "Can approve a colleague's access grant"),
        ]
        indexes = [models.Index(fields=["customer", "-id"], name="access_grant_by_customer")]
        constraints = [
            models.CheckConstraint(
                name="access_grant_by_two_people",
                condition=Q(decided_by=None) | Q(requested_by__isnull=False) & ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="access_grant_is_complete",
                condition=~Q(state="granted")
                | Q(starts_at__isnull=False, ends_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="access_grant_is_short",
                condition=Q(ends_at=None)
                | Q(ends_at__lte=F("starts_at") + timedelta(seconds=int(LONGEST.total_seconds()))),
            ),
            models.CheckConstraint(
                name="access_grant_has_a_basis",
                condition=Q(basis="customer_request", offered_at__isnull=False)
                | Q(basis="authority_order") & ~Q(order_reference=""),
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def terms(self) -> GrantTerms:
        return GrantTerms(
            state=self.state,
            requested_by=self.requested_by_id,
            offered_at=self.offered_at,
            requested_at=self.requested_at,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            seal_ids=None if self.all_documents else frozenset(self.seal_ids),
            silent_until=self.silent_until,
        )


class AccessRead(models.Model):
    """One page that staff opened with a grant, written before it was shown; the customer sees each."""

    class Page(models.TextChoices):
        LIST = "list"
        DOCUMENT = "document"
        CONTENT = "content"
        TRAIL = "trail"

    id = models.BigAutoField(primary_key=True)
    grant = models.ForeignKey(AccessGrant, on_delete=models.PROTECT, related_name="reads")
    at = models.DateTimeField()
    page = models.CharField(max_length=8, choices=Page)
    seal_id = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "page opened"
        verbose_name_plural = "pages opened"

    def __str__(self) -> str:
        return f"{self.page} {self.seal_id}".strip()
