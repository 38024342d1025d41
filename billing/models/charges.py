"""What is paid once: the dated prices of single items, and what a customer owes for them."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.fields import AmountField, IdField, UnitPriceField


class Item(models.TextChoices):
    """What is sold by itself, beside the plans (A4)."""

    CERTIFICATE_1_YEAR = "certificate_1_year", _("Qualified seal certificate, 1 year")
    CERTIFICATE_2_YEARS = "certificate_2_years", _("Qualified seal certificate, 2 years")
    CERTIFICATE_3_YEARS = "certificate_3_years", _("Qualified seal certificate, 3 years")
    SETUP = "setup", _("Set-up fee")
    ADD_ON = "add_on", _("Additional service")
    CORRECTION = "correction", _("Correction")


class ItemPriceQuerySet(models.QuerySet["ItemPrice"]):
    def in_force(self, on: date) -> ItemPriceQuerySet:
        """The newest price of each item that had begun by the legal date `on`."""
        return self.filter(effective_on__lte=on).order_by("item", "-effective_on").distinct("item")


class ItemPrice(models.Model):
    """The price of an item from a day on, in EUR without VAT (A4, B6). Never changes: a trigger refuses it."""

    item = models.CharField(max_length=40, choices=Item)
    effective_on = models.DateField()
    published_at = models.DateTimeField()
    amount = AmountField()

    objects = ItemPriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price of an item")
        verbose_name_plural = _("prices of items")
        constraints = [
            models.UniqueConstraint(fields=["item", "effective_on"], name="item_price_once_a_day"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="item_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item}, {self.effective_on}"


class ChargeQuerySet(models.QuerySet["Charge"]):
    def standing(self) -> ChargeQuerySet:
        """Charges that were not taken back."""
        return self.filter(reverses=None, reversal=None)


class Charge(models.Model):
    """An amount owed once, in EUR without VAT, or its reversal. Never changes: triggers refuse it.

    `source_type` and `source_id` name what was sold: charged once, and taken back at most once, by a row with the
    same amount below zero that names the charge in `reverses`. `amount` is `quantity` x `unit_price`, or the price of
    one item where no unit price is told. `description` is the name of an additional service, as it was sold.
    """

    id = IdField(prefix="chg")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=40, choices=Item)
    description = models.CharField(max_length=200, blank=True)
    quantity = models.IntegerField(default=1, db_default=1)
    unit_price = UnitPriceField(null=True)
    amount = AmountField()
    currency = models.CharField(max_length=3)
    source_type = models.CharField(max_length=32)
    source_id = models.CharField(max_length=80)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")
    occurred_at = models.DateTimeField()

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id"], condition=Q(reverses=None), name="charge_once"
            ),
            models.CheckConstraint(
                condition=Q(reverses=None, amount__gte=0) | Q(reverses__isnull=False, amount__lte=0),
                name="charge_sign",
            ),
        ]
        indexes = [models.Index(fields=["customer", "occurred_at"], name="charge_of_customer")]

    def __str__(self) -> str:
        return f"{self.item} {self.amount}"
