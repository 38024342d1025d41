"""Subscriptions and what was used and charged in them, for staff: to read."""

from __future__ import annotations

from django.contrib import admin

from billing.models import BillingPeriod, Charge, MeterReading, Subscription, UsageEvent
from kernel.staff import ReadOnly


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly):
    list_display = ("id", "customer", "plan_version", "interval", "started_at", "ended_at")
    list_select_related = ("customer", "plan_version__plan")
    list_filter = ("interval",)
    search_fields = ("id", "customer__slug", "customer__name")
    ordering = ("-id",)


@admin.register(BillingPeriod)
class BillingPeriodAdmin(ReadOnly):
    list_display = ("customer", "starts_at", "ends_at", "plan_version", "state", "closed_at")
    list_select_related = ("customer", "plan_version__plan")
    list_filter = ("state",)
    search_fields = ("customer__slug", "customer__name")
    ordering = ("-starts_at", "customer_id")


@admin.register(UsageEvent)
class UsageEventAdmin(ReadOnly):
    list_display = ("id", "customer_id", "meter", "source_id", "quantity", "occurred_at", "late")
    search_fields = ("=source_id",)
    ordering = ("-id",)


@admin.register(MeterReading)
class MeterReadingAdmin(ReadOnly):
    list_display = ("billing_period", "meter", "quantity")
    list_select_related = ("billing_period",)
    ordering = ("-id",)


@admin.register(Charge)
class ChargeAdmin(ReadOnly):
    list_display = ("id", "customer", "item", "amount", "source_id", "reverses", "occurred_at")
    list_select_related = ("customer", "reverses")
    list_filter = ("item",)
    search_fields = ("=id", "=source_id", "customer__slug", "customer__name")
    ordering = ("-id",)
