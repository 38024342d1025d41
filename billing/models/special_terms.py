"""What both sides signed for one customer instead of the price list."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.plans import PlanVersion
from billing.rules.rating import NO_TERMS, Terms
from billing.rules.rating import SpecialTerms as Overrides
from billing.rules.rating import agreed_terms as terms_agreed
from kernel.fields import AmountField, IdField, UnitPriceField


class SpecialTermsQuerySet(models.QuerySet["SpecialTerms"]):
    def in_force(self, customer_id: str, on: date) -> SpecialTermsQuerySet:
        """The agreement of a customer that holds on the legal date `on`; at most one: the newest that began."""
        begun = self.filter(customer_id=customer_id, starts_on__lte=on)
        return begun.filter(Q(ends_on=None) | Q(ends_on__gt=on)).order_by("-starts_on")[:1]


class SpecialTerms(models.Model):
    """An agreement that overrides the plan field by field, `[starts_on, ends_on)`, with the signed document (B17).

    Null leaves the plan's own value. Nothing of it changes but `ends_on`, which is set once: triggers refuse it.
    """

    id = IdField(prefix="spt")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    monthly_fee = AmountField(null=True)
    included = models.PositiveIntegerField(null=True)
    overage_unit_price = UnitPriceField(null=True)
    setup_fee = AmountField(null=True)
    included_users = models.PositiveIntegerField(null=True)
    extra_user_price = UnitPriceField(null=True)
    included_storage_gb = models.PositiveIntegerField(null=True)
    storage_gb_price = UnitPriceField(null=True)
    document = models.BinaryField()
    document_name = models.CharField(max_length=200)
    document_sha256 = models.CharField(max_length=64)
    signed_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    objects = SpecialTermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("special terms")
        verbose_name_plural = _("special terms")
        constraints = [
            models.UniqueConstraint(fields=["customer", "starts_on"], name="special_terms_once_a_day"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="special_terms_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}, {self.starts_on}"

    @property
    def overrides(self) -> Overrides:
        """What the agreement puts in place of the plan's prices."""
        return Overrides(**{field.name: getattr(self, field.name) for field in fields(Overrides)})


def agreed_terms(version: PlanVersion | None, special: SpecialTerms | None) -> Terms:
    """The prices that hold: what was signed over what the plan says (B17); nothing costs anything without a plan."""
    listed = version.terms if version else NO_TERMS
    return terms_agreed(listed, special.overrides if special else None) or NO_TERMS
