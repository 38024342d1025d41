"""Holds, runs and items of the retention engine for staff (D3-D5)."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from kernel import clock
from kernel.staff import ReadOnly, act_with_reason
from privacy.actions.place_hold import place_hold
from privacy.actions.release_hold import release_hold
from privacy.actions.release_retention_run import release_retention_run
from privacy.forms.retention import HoldForm
from privacy.forms.staff import InwardReasonForm
from privacy.models import Hold, RetentionItem, RetentionRun


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
    list_display = ("day", "rule", "store", "state", "planned", "population", "erased", "held", "error")
    list_filter = ("state", "rule")
    search_fields = ("=id", "=rule", "=store")
    ordering = ("-day", "rule", "store")
    actions_detail = ["release"]

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
            consequence=gettext(
                "Up to %(planned)s of %(population)s are erased for good, today only, by the rule %(rule)s."
            )
            % {
                "planned": run.planned if run else 0,
                "population": run.population if run else 0,
                "rule": run.rule if run else "",
            },
            act=lambda actor, _given: release_retention_run(actor=actor, run_id=object_id, now=clock.now()),
            form_class=InwardReasonForm,
        )


@admin.register(RetentionItem)
class RetentionItemAdmin(ReadOnly):
    list_display = ("rule", "subject", "customer_id", "due_on", "state", "step", "ended_at")
    list_filter = ("state", "rule")
    search_fields = ("=id", "=subject", "=customer_id", "=person_id")
    ordering = ("-due_on", "rule")
