"""Jobs, dead letters, events and the audit trail for staff."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from kernel import audit, clock
from kernel.jobs import raise_dead_letter
from kernel.models import AuditEntry, Event, Job
from kernel.staff import ReadOnly, act_with_reason


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("id", "kind", "state", "customer_id", "attempts", "crashes", "run_at", "deadline_at", "last_error")
    list_filter = ("state", "kind")
    search_fields = ("=id", "=customer_id", "key")
    ordering = ("-id",)
    actions_detail = ["raise_letter"]

    def has_raise_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("kernel.change_job"))

    @action(description=_("Run again"), url_path="run-again", permissions=["raise"])
    def raise_letter(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Queue a dead letter again."""
        return act_with_reason(
            self,
            request,
            title=gettext("Run this job again"),
            consequence=gettext("It is queued at once, with its full time before it. What was done is not done twice."),
            act=lambda actor, _given: raise_dead_letter(actor=actor, job_id=int(object_id), now=clock.now()),
        )


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("id", "name", "at", "customer_id", "subject")
    list_filter = ("name",)
    search_fields = ("=customer_id", "=subject")
    ordering = ("-id",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    """Of customers' entries the readable part alone: names, reasons and facts are the customer's (clause D8)."""

    list_display = ("id", "at", "action", "customer_id", "actor_kind", "actor_id", "subject", "of_the_platform")
    list_filter = ("actor_kind", "retention")
    search_fields = ("=customer_id", "=subject", "=actor_id", "=request_id", "=action")
    ordering = ("-id",)
    fields = ("id", "at", "action", "customer_id", "actor_kind", "actor_id", "subject", "request_id", "of_the_platform")

    @admin.display(description=_("Who and why"))
    def of_the_platform(self, entry: AuditEntry) -> str:
        if entry.customer_id is not None:
            return gettext("Encrypted for the customer")
        payload = audit.payload_of(entry)
        facts = ", ".join(f"{name}: {value}" for name, value in payload.details.items() if value not in ("", None))
        return " · ".join(filter(None, (payload.actor_name, payload.reason, facts)))
