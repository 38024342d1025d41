"""Holds, runs and items of the retention engine for staff (D3-D5)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from kernel import clock
from kernel.staff import ReadOnly, act_with_reason
from privacy.actions.place_hold import place_hold
from privacy.actions.release_hold import release_hold
from privacy.actions.release_retention_run import release_retention_run
from privacy.catalogue import RULES
from privacy.forms.retention import HoldForm
from privacy.forms.staff import InwardReasonForm
from privacy.models import Hold, RetentionItem, RetentionRun
from privacy.queries.periods import rule_words, run_words, store_words


class RuleFilter(admin.SimpleListFilter):
    """By what the rules keep, in words."""

    title = _("Kept as")
    parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(rule.key, rule_words(rule.key)) for rule in RULES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rule=self.value()) if self.value() else queryset


@admin.register(Hold)
class HoldAdmin(ReadOnly):
    list_display = ("case", "covers", "subject", "placed_at", "placed_by", "released_at")
    list_filter = ("covers", ("released_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "=subject", "case")
    ordering = ("-placed_at",)
    actions_list = ["place"]
    actions_detail = ["release"]

    def has_manage_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("privacy.manage_hold"))

    def has_release_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_manage_permission(request) and Hold.objects.filter(pk=object_id, released_at=None).exists()

    @action(description=_("Place a hold"), url_path="place", permissions=["manage"])
    def place(self, request: HttpRequest) -> HttpResponse:
        """From now on it stays."""
        return act_with_reason(
            self,
            request,
            title=gettext("Place a hold"),
            consequence=gettext(
                "It is not erased, and nobody is told that it will be, until the hold is released. "
                "The customer sees only that there is a legal hold."
            ),
            act=lambda actor, given: place_hold(
                actor=actor, covers=given["covers"], subject=given["subject"], case=given["case"], now=clock.now()
            ),
            form_class=HoldForm,
        )

    @action(description=_("Release"), url_path="release", variant=ActionVariant.PRIMARY, permissions=["release"])
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What it deferred goes."""
        return act_with_reason(
            self,
            request,
            title=gettext("Release this hold"),
            consequence=gettext(
                "What is past its date is erased within a quarter of an hour, unless another hold covers it. "
                "It cannot be taken back."
            ),
            act=lambda actor, _given: release_hold(actor=actor, hold_id=object_id, now=clock.now()),
            form_class=InwardReasonForm,
        )


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnly):
    list_display = ("day", "kept_as", "where", "state", "planned", "population", "erased", "held", "error")
    list_filter = ("state", RuleFilter)
    search_fields = ("=id", "=rule", "=store")
    fields = (
        *("day", "kept_as", "where", "state", "planned", "population", "erased", "held", "error"),
        *("allowed", "released_by", "release_reason", "told_at", "started_at", "ended_at"),
    )
    ordering = ("-day", "rule", "store")
    actions_detail = ["release"]

    @display(description=_("Kept as"), ordering="rule")
    def kept_as(self, run: RetentionRun) -> str:
        return rule_words(run.rule) if run.rule else gettext("The engine itself")

    @display(description=_("Where"), ordering="store")
    def where(self, run: RetentionRun) -> str:
        return store_words(run.store) if run.store else "–"

    def has_release_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        waiting = RetentionRun.objects.filter(
            pk=object_id, state=RetentionRun.State.BRAKED, day=clock.legal_date(clock.now())
        )
        return bool(request.user.has_perm("privacy.release_retentionrun")) and waiting.exists()

    @action(description=_("Release"), url_path="release", variant=ActionVariant.PRIMARY, permissions=["release"])
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second person."""
        run = RetentionRun.objects.filter(pk=object_id).first()
        return act_with_reason(
            self,
            request,
            title=gettext("Release this run"),
            consequence=gettext("Up to %(planned)s of %(population)s are erased for good, today only: “%(what)s”.")
            % {
                "planned": run.planned if run else 0,
                "population": run.population if run else 0,
                "what": run_words(run.rule, run.store) if run else "",
            },
            act=lambda actor, _given: release_retention_run(actor=actor, run_id=object_id, now=clock.now()),
            form_class=InwardReasonForm,
        )


@admin.register(RetentionItem)
class RetentionItemAdmin(ReadOnly):
    list_display = ("subject", "kept_as", "due_on", "state", "step", "ended_at")
    list_filter = ("state", RuleFilter)
    fields = (
        *("subject", "kept_as", "customer_id", "person_id", "cycle", "due_on", "state", "step", "counts"),
        *("ledger_entry", "found_at", "claimed_at", "ended_at"),
    )
    search_fields = ("=id", "=subject", "=customer_id", "=person_id")
    ordering = ("-due_on", "rule")

    @display(description=_("Kept as"), ordering="rule")
    def kept_as(self, item: RetentionItem) -> str:
        return rule_words(item.rule)
