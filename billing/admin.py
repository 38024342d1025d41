"""Billing for staff: everything to read, nothing to change by hand."""

from __future__ import annotations

from django.contrib import admin

from billing.models import BillingPeriod, MeterReading, PlanVersion, Subscription, UsageEvent
from kernel.staff import ReadOnly


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnly):
    list_display = ("plan", "effective_on", "monthly_fee", "included", "overage_unit_price", "individual")
    list_select_related = ("plan",)
    ordering = ("plan__position", "-effective_on")


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
