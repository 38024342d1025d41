"""Cases that staff decide by evidence, and who a customer was before it was transferred."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models.customer import Customer
from accounts.rules.cases import CaseKind, CaseState
from kernel.fields import IdField

KINDS = [(each.value, each.value.replace("_", " ")) for each in CaseKind]
STATES = [(each.value, each.value) for each in CaseState]


class Case(models.Model):
    """A change at a customer that somebody outside asked staff for (clauses C4, C12).

    `asked_by_…` is who asked, how to reach them, and as what they speak. `facts` is what is asked for: of a
    replacement `email`, `person` and `old_owners`; of a transfer the new entity as in `CustomerIdentity`.
    """

    id = IdField(prefix="case")
    kind = models.CharField(max_length=30, choices=KINDS)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, choices=STATES, default=CaseState.OPENED.value)
    asked_by_name = models.CharField(max_length=200)
    asked_by_contact = models.CharField(max_length=200)
    asked_by_capacity = models.CharField(max_length=200)
    facts = models.JSONField()
    opened_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    opened_by_name = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    wanted_at = models.DateTimeField(null=True)
    takes_effect_at = models.DateTimeField(null=True)
    objection = models.TextField(blank=True)
    objected_by_name = models.CharField(max_length=200, blank=True)
    invitation_id = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [
            ("open_case", "Can open a case and add evidence"),
            ("decide_case", "Can decide a colleague's case"),
            ("read_evidence", "Can read the evidence of cases"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=Q(state__in=["opened", "granted", "held", "invited"]),
                name="case_open_once",
            ),
            models.CheckConstraint(
                name="case_by_two_people", condition=Q(decided_by=None) | ~Q(decided_by=F("opened_by"))
            ),
            models.CheckConstraint(
                name="case_granted_is_complete",
                condition=~Q(state__in=["granted", "invited", "done"])
                | Q(decided_by__isnull=False, takes_effect_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class CaseEvidence(models.Model):
    """A file that shows a right to act, encrypted under the operator's key. `sha256` (hex) and `size` are the plain
    file's."""

    id = IdField(prefix="evd")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence")
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    object_name = models.CharField(max_length=120, unique=True)
    added_by_name = models.CharField(max_length=200)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return self.name


class CustomerIdentity(models.Model):
    """Which entity a customer was, from when until when (clause C12). A customer never transferred has none here.

    Times are half-open and without gaps; what was billed before `since` stays with the entity before.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="identities")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Customer.Kind)
    country = models.CharField(max_length=2)
    register_number = models.CharField(max_length=40, blank=True)
    vat_number = models.CharField(max_length=40, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "customer identities"
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(until=None), name="customer_identity_once")
        ]

    def __str__(self) -> str:
        return self.name
