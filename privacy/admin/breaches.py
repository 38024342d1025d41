"""Data breaches for staff: the clock, what is still to be done, and who is told (clause E7)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from kernel import clock
from kernel.printing import print_pdf
from kernel.staff import ReadOnly, act_with_reason
from privacy.actions.announce_breach import announce_breach
from privacy.actions.assess_breach import Assessment, assess_breach
from privacy.actions.close_breach import MISSING_WORDS, close_breach
from privacy.actions.note_authority_told import note_authority_told
from privacy.actions.note_people_told import note_people_told
from privacy.actions.record_breach import record_breach
from privacy.forms.staff import (
    AssessmentForm,
    AuthorityToldForm,
    BreachForm,
    InwardReasonForm,
    PeopleToldForm,
    TellCustomersForm,
)
from privacy.models import BreachNotice, DataBreach
from privacy.queries.registers import breach_view, clock_runs
from privacy.rules.breaches import due_at


class BreachNoticeInline(TabularInline):
    """Which customers are told."""

    model = BreachNotice
    fields = ("customer_id", "words", "told_at")
    ordering = ("id",)
    extra = 0
    hide_title = True
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DataBreach)
class DataBreachAdmin(ReadOnly):
    list_display = ("title", "time_left", "risk", "authority_told_at", "people_told_at", "closed_at")
    list_filter = ("risk", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "title")
    ordering = ("-aware_at",)
    readonly_fields = ("time_left", "still_to_do")
    fields = (
        *("title", "time_left", "still_to_do", "nature", "aware_at", "began_at", "of_customers"),
        *("risk", "risk_reasons", "categories", "people", "records", "consequences", "measures", "assessed_at"),
        *("authority_told_at", "authority", "authority_reference", "delay_reasons", "people_told_at", "people_reason"),
        *("reminded", "recorded_by", "recorded_at", "closed_at", "closed_by"),
    )
    inlines = (BreachNoticeInline,)
    actions_list = ["record_one"]
    actions_detail = ["report", "assess", "authority_told", "people_told", "tell_customers", "close"]

    @display(description=_("Time left to tell the authority"))
    def time_left(self, row: DataBreach) -> str:
        if not clock_runs(row):
            return "–"
        left = due_at(row.aware_at) - clock.now()
        hours, minutes = divmod(abs(int(left.total_seconds())) // 60, 60)
        words = (
            gettext("%(h)d h %(m)d min left") if left.total_seconds() > 0 else gettext("OVERDUE by %(h)d h %(m)d min")
        )
        return words % {"h": hours, "m": minutes}

    @display(description=_("Still to be done"))
    def still_to_do(self, row: DataBreach) -> str:
        return ", ".join(str(MISSING_WORDS[each]) for each in breach_view(row.id).missing) or "–"

    def has_record_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("privacy.manage_databreach"))

    def has_open_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        rows = DataBreach.objects.filter(pk=object_id, closed_at=None)
        return self.has_record_permission(request) and rows.exists()

    def has_report_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_record_permission(request)

    @action(description=_("Record a data breach"), url_path="record", permissions=["record"])
    def record_one(self, request: HttpRequest) -> HttpResponse:
        """The clock starts."""
        return act_with_reason(
            self,
            request,
            title=gettext("Record a data breach"),
            consequence=gettext("The authority must be told within 72 hours of the moment at which we knew."),
            act=lambda actor, given: record_breach(actor=actor, **_without_reason(given), now=clock.now()),
            form_class=BreachForm,
        )

    @action(description=_("Report as PDF"), url_path="report", permissions=["report"])
    def report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For the authority."""
        context = {
            "breach": breach_view(object_id),
            "operator_name": settings.OPERATOR_NAME,
            "officer_name": settings.DPO_NAME,
            "officer_email": settings.DPO_EMAIL,
            "zone": clock.legal_zone(),
        }
        response = HttpResponse(print_pdf("print/breach.html", context), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{object_id}.pdf"'
        return response

    @action(description=_("Judge the risk"), url_path="assess", variant=ActionVariant.PRIMARY, permissions=["open"])
    def assess(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What it means for people."""
        return act_with_reason(
            self,
            request,
            title=gettext("Judge the risk"),
            consequence=gettext(
                "A risk: the authority is told. A high risk: the people, too. Unlikely: nobody, and why is kept."
            ),
            act=lambda actor, given: assess_breach(
                actor=actor, breach_id=object_id, assessment=Assessment(**_without_reason(given)), now=clock.now()
            ),
            form_class=AssessmentForm,
            shown=tuple(each.name for each in fields(Assessment)),
        )

    @action(description=_("The authority was told"), url_path="authority", permissions=["open"])
    def authority_told(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The clock stops."""
        return act_with_reason(
            self,
            request,
            title=gettext("The authority was told"),
            consequence=gettext("The clock stops. After 72 hours the law wants reasons for the delay."),
            act=lambda actor, given: note_authority_told(
                actor=actor, breach_id=object_id, **_without_reason(given), now=clock.now()
            ),
            form_class=AuthorityToldForm,
        )

    @action(description=_("The people were told"), url_path="people", permissions=["open"])
    def people_told(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Or why not."""
        return act_with_reason(
            self,
            request,
            title=gettext("The people were told, or need not be"),
            consequence=gettext("At a high risk one of both is needed before the breach can be closed."),
            act=lambda actor, given: note_people_told(
                actor=actor,
                breach_id=object_id,
                told_at=given["told_at"],
                reason=given["people_reason"],
                now=clock.now(),
            ),
            form_class=PeopleToldForm,
        )

    @action(description=_("Tell customers"), url_path="customers", permissions=["open"])
    def tell_customers(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Without undue delay."""
        return act_with_reason(
            self,
            request,
            title=gettext("Tell customers"),
            consequence=gettext("Each gets a notice with your words within a minute. It cannot be taken back."),
            act=lambda actor, given: announce_breach(
                actor=actor, breach_id=object_id, **_without_reason(given), now=clock.now()
            ),
            form_class=TellCustomersForm,
        )

    @action(description=_("Close"), url_path="close", permissions=["open"])
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """When everybody is told who has to be."""
        return act_with_reason(
            self,
            request,
            title=gettext("Close this breach"),
            consequence=gettext("It cannot be changed any more, and is kept for the authority."),
            act=lambda actor, _given: close_breach(actor=actor, breach_id=object_id, now=clock.now()),
            form_class=InwardReasonForm,
        )


def _without_reason(given: dict[str, Any]) -> dict[str, Any]:
    """What was given beside the reason, which the actor carries."""
    return {name: value for name, value in given.items() if name != "reason"}
