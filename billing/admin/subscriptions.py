"""Subscriptions and what was used and charged in them, for staff: to read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from billing.actions.correct_usage import correct_usage
from billing.models import BillingPeriod, Charge, MeterReading, Subscription, UsageEvent
from billing.queries.reconciliation import reconcile
from billing.rules.months import month_named, months_back
from billing.rules.periods import months_after
from kernel import clock
from kernel.staff import ReadOnly, act_with_reason

_MONTHS_OFFERED = 24


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
    actions_list = ["reconcile"]

    @action(description=_("Reconcile"), url_path="reconcile", permissions=["view"])
    def reconcile(self, request: HttpRequest) -> HttpResponse:
        """A month's deliveries, events, readings and invoice lines side by side."""
        now = clock.now()
        month = month_named(request.GET.get("month", "")) or clock.legal_date(now).replace(day=1)
        found = list(reconcile(month=month, now=now))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Reconciliation"),
            "month": month,
            "months": months_back(clock.legal_date(now), months_after(month, -_MONTHS_OFFERED)),
            "found": found,
            "differing": sum(bool(entry.differences) for entry in found),
        }
        return render(request, "admin/reconciliation.html", context)


@admin.register(UsageEvent)
class UsageEventAdmin(ReadOnly):
    list_display = ("id", "customer_id", "meter", "source_id", "quantity", "occurred_at", "late")
    search_fields = ("=source_id",)
    ordering = ("-id",)
    actions_detail = ["take_back"]

    def has_take_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.change_usageevent"))

    @action(description=_("Take back"), url_path="take-back", permissions=["take"])
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was counted wrongly, by an event that reverses it."""
        return act_with_reason(
            self,
            request,
            title=gettext("Take back"),
            consequence=gettext(
                "An event of the opposite quantity is written; both stay. If the month is closed, the count of the"
                " customer’s next open month goes down and the invoice of the closed one stays: what it charged too"
                " much is given back by a credit note."
            ),
            act=lambda actor, _given: correct_usage(actor=actor, event_id=int(object_id), now=clock.now()),
        )


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
