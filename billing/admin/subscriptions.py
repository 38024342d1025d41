"""Subscriptions with their terms and changes, and what was used and charged in them, for staff."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.actions.correct_usage import correct_usage
from billing.actions.end_subscription_by_operator import end_subscription_by_operator
from billing.actions.record_detriment import record_detriment
from billing.actions.withdraw_change import withdraw_change
from billing.models import (
    BillingPeriod,
    Charge,
    Detriment,
    MeterReading,
    Plan,
    StorageExcess,
    Subscription,
    SubscriptionChange,
    SubscriptionTerm,
    UsageEvent,
)
from billing.queries.reconciliation import reconcile
from billing.rules.months import month_named, months_back
from billing.rules.periods import months_after
from kernel import clock
from kernel.staff import ReadOnly, ReasonForm, act_with_reason

_MONTHS_OFFERED = 24


class _Rows(TabularInline):
    """Rows of a subscription, to read."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class TermRows(_Rows):
    model = SubscriptionTerm
    fields = ("starts_at", "ends_at", "cancel_until", "plan_version", "special_terms", "prepaid")
    ordering = ("-starts_at",)


class ChangeRows(_Rows):
    model = SubscriptionChange
    fields = ("kind", "plan", "interval", "requested_at", "requested_by", "effective_at", "state", "settled_at")
    ordering = ("-requested_at",)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly):
    list_display = ("id", "customer", "plan_version", "interval", "started_at", "ended_at")
    list_select_related = ("customer", "plan_version__plan")
    list_filter = ("interval",)
    search_fields = ("id", "customer__slug", "customer__name")
    ordering = ("-id",)
    inlines = (TermRows, ChangeRows)
    actions_detail = ["end", "withdraw"]

    def has_end_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        running = Subscription.objects.filter(pk=object_id, operator_ends_at=None).lasting_beyond(clock.now())
        return bool(request.user.has_perm("billing.change_subscription")) and running.exists()

    def has_withdraw_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        pending = SubscriptionChange.objects.filter(subscription_id=object_id, state="pending", kind="plan")
        return bool(request.user.has_perm("billing.change_subscription")) and pending.exists()

    @action(description=_("End with six months’ notice"), url_path="end", permissions=["end"])
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The operator's end (B14)."""
        return act_with_reason(
            self,
            request,
            title=gettext("End with notice"),
            consequence=gettext(
                "Notice is given to the customer today. The plan ends after six whole months, with the month then"
                " begun. Whole months that are prepaid beyond it are credited when it ends."
            ),
            act=lambda actor, _given: end_subscription_by_operator(
                actor=actor, subscription_id=object_id, now=clock.now()
            ),
        )

    @action(description=_("Withdraw the pending change"), url_path="withdraw", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What a customer asked for by telephone."""
        return act_with_reason(
            self,
            request,
            title=gettext("Withdraw the pending change"),
            consequence=gettext("The plan goes on as it is. The customer sees who withdrew the change, and why."),
            act=lambda actor, _given: withdraw_change(actor=actor, subscription_id=object_id, now=clock.now()),
        )


class DetrimentForm(ReasonForm):
    """What was announced, of which plan."""

    announced_on = forms.DateField(label=_("Announced on"), widget=UnfoldAdminDateWidget())
    plan = forms.ChoiceField(label=_("Plan"), required=False, widget=UnfoldAdminSelectWidget())
    description = forms.CharField(
        label=_("What was announced"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Customers read it where they may end their year early."),
    )

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        names = Plan.objects.values_list("code", "name")
        self.fields["plan"].choices = [("", _("All plans")), *names]  # type: ignore[attr-defined]  # a field of choices


@admin.register(Detriment)
class DetrimentAdmin(ReadOnly):
    list_display = ("announced_on", "plan", "description", "recorded_by", "recorded_at")
    list_select_related = ("plan",)
    ordering = ("-announced_on", "-pk")
    actions_list = ["record"]

    def has_record_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.add_detriment"))

    @action(description=_("Record a change"), url_path="record", permissions=["record"])
    def record(self, request: HttpRequest) -> HttpResponse:
        """Something that lets annual customers go early (B12)."""
        return act_with_reason(
            self,
            request,
            title=gettext("Record a change to customers’ disadvantage"),
            consequence=gettext("Customers whose running year had begun by that day may end it early, with the month."),
            act=lambda actor, given: record_detriment(
                actor=actor,
                plan_code=given["plan"],
                announced_on=given["announced_on"],
                description=given["description"],
                now=clock.now(),
            ),
            form_class=DetrimentForm,
        )


@admin.register(StorageExcess)
class StorageExcessAdmin(ReadOnly):
    list_display = ("customer", "quota_gb", "reduced_on", "first_notice_at", "last_notice_at", "erase_on", "ended_at")
    list_select_related = ("customer",)
    search_fields = ("customer__slug", "customer__name")
    ordering = ("erase_on",)


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
