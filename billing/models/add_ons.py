"""Additional services: what can be ordered at any time beside the plan, at which prices, and what was ordered (B8)."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.fields import AmountField, IdField


class AddOn(models.Model):
    """A service with a name and a description, charged once or every month; for everybody or for one `customer`.

    Nothing of it changes but `offered`: whether it can be ordered now. A trigger refuses the rest, because orders and
    invoices name it.
    """

    class Interval(models.TextChoices):
        ONCE = "once", _("Once")
        MONTH = "month", _("Every month")

    code = models.SlugField(max_length=40, primary_key=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=1000, blank=True)
    interval = models.CharField(max_length=5, choices=Interval)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, null=True, related_name="+")
    offered = models.BooleanField(default=True)
    published_at = models.DateTimeField()

    class Meta:
        verbose_name = _("additional service")
        verbose_name_plural = _("additional services")

    def __str__(self) -> str:
        return self.name


class AddOnPriceQuerySet(models.QuerySet["AddOnPrice"]):
    def in_force(self, on: date) -> AddOnPriceQuerySet:
        """The newest price of each additional service that had begun by the legal date `on`."""
        return self.filter(effective_on__lte=on).order_by("add_on_id", "-effective_on").distinct("add_on_id")


class AddOnPrice(models.Model):
    """The price of one unit from a day on, in EUR without VAT (B6, B8). Never changes: a trigger refuses it."""

    add_on = models.ForeignKey(AddOn, on_delete=models.PROTECT, related_name="prices")
    effective_on = models.DateField()
    published_at = models.DateTimeField()
    amount = AmountField()

    objects = AddOnPriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price of an additional service")
        verbose_name_plural = _("prices of additional services")
        constraints = [
            models.UniqueConstraint(fields=["add_on", "effective_on"], name="add_on_price_once_a_day"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="add_on_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.add_on_id}, {self.effective_on}"


class AddOnOrder(models.Model):
    """What an administrator ordered, at the price that was agreed (B8): a charge once, or one for each month.

    A monthly one begins with the whole month of the order, `starts_on`, and is charged until `ends_on`, the first day
    that is not; it is set once. Nothing else changes: a trigger refuses it. `price` is that of one unit, EUR without
    VAT. `request_key` was on the page that was sent: sent twice, it is one order.
    """

    id = IdField(prefix="aor")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    add_on = models.ForeignKey(AddOn, on_delete=models.PROTECT, related_name="orders")
    quantity = models.PositiveIntegerField()
    price = AmountField()
    ordered_at = models.DateTimeField()
    ordered_by = models.CharField(max_length=200)
    request_key = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("order of an additional service")
        verbose_name_plural = _("orders of additional services")
        constraints = [
            models.UniqueConstraint(fields=["customer", "request_key"], name="add_on_order_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="add_on_order_of_something"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="add_on_order_forward"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-ordered_at"], name="add_on_order_of_customer")]

    def __str__(self) -> str:
        return str(self.id)
