"""Requests about personal data for staff: the clock, the steps, the letters (clause D1)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from kernel import clock
from kernel.staff import ReadOnly, act_with_reason
from privacy.actions.announce_restriction_end import announce_restriction_end
from privacy.actions.answer_rights_request import answer_rights_request
from privacy.actions.extend_rights_request import extend_rights_request
from privacy.actions.forward_rights_request import forward_rights_request
from privacy.actions.refuse_rights_request import refuse_rights_request
from privacy.actions.scope_rights_request import scope_rights_request
from privacy.actions.start_rights_request import start_rights_request
from privacy.forms.staff import InwardReasonForm
from privacy.forms.staff_rights import (
    ExtensionForm,
    ForwardForm,
    RefusalForm,
    RestrictionEndForm,
    ScopeForm,
    answer_form,
    results_of,
)
from privacy.models import ForwardedRequest, RightsRequest, RightsStep
from privacy.queries.outcomes import outcome_words, usual_results
from privacy.queries.restrictions import restriction_of
from privacy.queries.rights import view_of
from privacy.rules.rights import RequestKind, RequestState, may_extend, may_move

_SOON = 5  # days


class _Shown(TabularInline):
    extra = 0
    hide_title = True
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepInline(_Shown):
    """What happened, in order."""

    model = RightsStep
    fields = ("at", "step", "by_name", "reason")
    ordering = ("id",)


class ForwardedInline(_Shown):
    """To which customers it was passed on, and how it ended there."""

    model = ForwardedRequest
    fields = ("customer_id", "state", "forwarded_at", "due_on", "closed_at")
    ordering = ("id",)


@admin.register(RightsRequest)
class RightsRequestAdmin(ReadOnly):
    """The most urgent first: an open request by its last day, then the closed ones."""

    list_display = ("number", "kind", "urgency", "state", "last_day", "received_at", "closed_at")
    list_filter = ("state", "kind", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "=number", "=email")
    ordering = ("-closed_at", "due_on", "id")  # PostgreSQL has what is not closed first
    readonly_fields = ("time_left", "last_day", "results", "restricted")
    fields = (
        *("number", "kind", "state", "time_left", "last_day", "due_on", "extended_due_on", "extension_reasons"),
        *("email", "name", "country", "language", "person_id", "message", "about_documents", "received_at"),
        *("identity_at", "identity_by", "scope", "export_made_at", "results", "restricted", "answer", "refusal_ground"),
        *("reminded", "closed_at"),
    )
    inlines = (StepInline, ForwardedInline)
    actions_detail = ["scope", "start", "answer", "extend", "forward", "refuse", "end_restriction"]

    @display(description=_("Last day"))
    def last_day(self, row: RightsRequest) -> str:
        return date_format(view_of(row, clock.legal_date(clock.now())).last_day)

    @display(
        description=_("Time left"),
        label={"overdue": "danger", "soon": "warning", "open": "info", "waiting": "default", "closed": "success"},
    )
    def urgency(self, row: RightsRequest) -> tuple[str, str]:
        """A colour, and the same in words."""
        left = view_of(row, clock.legal_date(clock.now())).days_left
        if row.closed_at:
            return "closed", gettext("Closed")
        if row.state == RequestState.RECEIVED:
            return "waiting", gettext("Waits for its maker")
        if left < 0:
            return "overdue", ngettext("OVERDUE by %(n)d day", "OVERDUE by %(n)d days", -left) % {"n": -left}
        words = ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}
        return ("soon" if left <= _SOON else "open"), words

    @display(description=_("Time left"))
    def time_left(self, row: RightsRequest) -> str:
        return str(self.urgency(row)[1])

    @display(description=_("Classes of data"))
    def results(self, row: RightsRequest) -> str:
        told = outcome_words(row.outcome)
        lines = [
            [each.what, each.result_words, date_format(each.until) if each.until else "", each.because] for each in told
        ]
        return format_html_join(mark_safe("<br>"), "{}", ([" · ".join(filter(None, line))] for line in lines)) or "–"

    @display(description=_("Restricted"))
    def restricted(self, row: RightsRequest) -> str:
        """Since when, and until when."""
        found = restriction_of(row.id)
        if found is None:
            return "–"
        end = found.lifted_at or found.ends_on
        return f"{date_format(found.placed_at)} – {date_format(end) if end else ''}".strip()

    def has_answer_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("privacy.answer_rightsrequest"))

    def _row(self, request: HttpRequest, object_id: str) -> RightsRequest | None:
        found = RightsRequest.objects.filter(pk=object_id).first()
        return found if self.has_answer_permission(request) else None

    def _may(self, request: HttpRequest, object_id: str, to: RequestState) -> bool:
        row = self._row(request, object_id)
        return row is not None and may_move(row.facts, to)

    def has_scope_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._may(request, object_id, RequestState.SCOPED)

    def has_start_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._may(request, object_id, RequestState.IN_PROGRESS)

    def has_close_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._may(request, object_id, RequestState.ANSWERED)

    def has_refuse_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._may(request, object_id, RequestState.REFUSED)

    def has_extend_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        row = self._row(request, object_id)
        return row is not None and may_extend(row.facts, today=clock.legal_date(clock.now()))

    def has_forward_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        row = self._row(request, object_id)
        return row is not None and row.closed_at is None and row.state != RequestState.RECEIVED

    def has_end_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        row = self._row(request, object_id)
        found = restriction_of(row.id) if row is not None else None
        return found is not None and found.end_announced_at is None

    @action(description=_("Scope"), url_path="scope", variant=ActionVariant.PRIMARY, permissions=["scope"])
    def scope(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which data, and whose."""
        return act_with_reason(
            self,
            request,
            title=gettext("Say what it covers"),
            consequence=gettext("The requester sees it on the page of the request."),
            act=lambda actor, given: scope_rights_request(
                actor=actor, request_id=object_id, scope=given["scope"], now=clock.now()
            ),
            form_class=ScopeForm,
            shown=("scope",),
        )

    @action(description=_("Start"), url_path="start", variant=ActionVariant.PRIMARY, permissions=["start"])
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The work begins."""
        return act_with_reason(
            self,
            request,
            title=gettext("Start to work on it"),
            consequence=gettext("For access and portability a copy is made. For erasure the account begins to go."),
            act=lambda actor, _given: start_rights_request(actor=actor, request_id=object_id, now=clock.now()),
            form_class=InwardReasonForm,
        )

    @action(description=_("Answer"), url_path="answer", variant=ActionVariant.PRIMARY, permissions=["close"])
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """In words, and for each class of data."""
        row = self.get_object(request, object_id)
        return act_with_reason(
            self,
            request,
            title=gettext("Answer it"),
            consequence=gettext(
                "The answer is sealed, and the requester gets a mail with its link. It cannot be changed any more. "
                "What is kept is told with its last day and the legal ground of its rule."
            )
            + " "
            + gettext(
                "If a restriction was asked for: what you answer with “Kept, but not used” is so from now on, "
                "until you end it."
            ),
            act=lambda actor, given: answer_rights_request(
                actor=actor,
                request_id=object_id,
                answer=given["answer"],
                results=results_of(given),
                now=clock.now(),
            ),
            form_class=answer_form(_usual(row)),
        )

    @action(description=_("Extend"), url_path="extend", permissions=["extend"])
    def extend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Two months more."""
        return act_with_reason(
            self,
            request,
            title=gettext("Take two months more"),
            consequence=gettext("Once only, and only before the first due date. The requester gets a mail now."),
            act=lambda actor, given: extend_rights_request(
                actor=actor, request_id=object_id, reasons=given["reasons"], now=clock.now()
            ),
            form_class=ExtensionForm,
        )

    @action(description=_("Pass on"), url_path="forward", permissions=["forward"])
    def forward(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To a customer, who is the controller."""
        return act_with_reason(
            self,
            request,
            title=gettext("Pass it on to a customer"),
            consequence=gettext("Its administrators get a notice with who asks and for what, and have a month."),
            act=lambda actor, given: forward_rights_request(
                actor=actor, request_id=object_id, customer=given["customer"], now=clock.now()
            ),
            form_class=ForwardForm,
        )

    @action(description=_("Refuse"), url_path="refuse", variant=ActionVariant.DANGER, permissions=["refuse"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On a ground that the law knows."""
        return act_with_reason(
            self,
            request,
            title=gettext("Refuse it"),
            consequence=gettext("The requester is told the ground and where to complain. It cannot be taken back."),
            act=lambda actor, given: refuse_rights_request(
                actor=actor, request_id=object_id, ground=given["ground"], words=given["words"], now=clock.now()
            ),
            form_class=RefusalForm,
        )

    @action(description=_("End the restriction"), url_path="end-restriction", permissions=["end"])
    def end_restriction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A week after the requester is told."""
        return act_with_reason(
            self,
            request,
            title=gettext("End the restriction"),
            consequence=gettext(
                "The requester gets a mail now. A week later the data are used again, and what is past its date is "
                "erased. It cannot be taken back."
            ),
            act=lambda actor, given: announce_restriction_end(
                actor=actor, request_id=object_id, reasons=given["reasons"], now=clock.now()
            ),
            form_class=RestrictionEndForm,
        )


def _usual(row: Model | None) -> dict[str, Any]:
    if not isinstance(row, RightsRequest):
        return {}
    return dict(usual_results(RequestKind(row.kind), has_account=row.person_id is not None))
