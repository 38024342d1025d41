"""Late payment for staff: what waits for a decision, with its buttons, and every step that was taken."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDateWidget

from billing.actions.dismiss_proposal import dismiss_proposal
from billing.actions.give_more_time import give_more_time
from billing.actions.suspend_for_late_payment import suspend_for_late_payment
from billing.models import DunningProposal, DunningStep
from billing.queries.dunning import standing_of
from kernel import clock
from kernel.staff import ReadOnly, ReasonForm, act_with_reason


class MoreTimeForm(ReasonForm):
    """Until when nothing is decided."""

    until = forms.DateField(label=_("Until and including"), widget=UnfoldAdminDateWidget())


@admin.register(DunningProposal)
class DunningProposalAdmin(ReadOnly):
    list_display = ("customer", "ground", "invoice", "state", "proposed_at", "deferred_until", "decided_by")
    list_select_related = ("customer", "invoice")
    list_filter = ("state", "ground")
    search_fields = ("=id", "customer__slug", "customer__name", "invoice__number")
    ordering = ("-proposed_at",)
    fields = (
        *("customer", "ground", "invoice", "state", "proposed_at", "overdue_now", "late_payments", "steps"),
        *("end_of_contract", "deferred_until", "decided_at", "decided_by", "reason"),
    )
    readonly_fields = ("overdue_now", "late_payments", "steps", "end_of_contract")
    actions_detail = ["suspend", "more_time", "dismiss"]

    def has_decide_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.change_customer"))

    @admin.display(description=_("Overdue now"))
    def overdue_now(self, row: DunningProposal) -> SafeString | str:
        """What is overdue today, with the interest up to today."""
        overdue = standing_of(row.customer_id, clock.now()).overdue
        lines = (
            gettext("%(number)s: %(open)s EUR open, %(days)d days late, interest %(interest)s EUR")
            % {"number": each.number, "open": each.open, "days": each.days_late, "interest": each.interest.total}
            for each in overdue
        )
        return _list(list(lines)) or gettext("Nothing")

    @admin.display(description=_("Late payments in this contract year"))
    def late_payments(self, row: DunningProposal) -> SafeString | str:
        """Every late payment of the running term (B15)."""
        late = standing_of(row.customer_id, clock.now()).late
        lines = (
            gettext("%(number)s: due %(due)s, %(days)d days late")
            % {"number": each.number, "due": date_format(each.due_on), "days": each.days_late}
            for each in late
        )
        return _list(list(lines)) or gettext("None")

    @admin.display(description=_("Steps taken for this invoice"))
    def steps(self, row: DunningProposal) -> SafeString | str:
        """When which notice was given, and until when the breach could be cured."""
        return _list([_step(step) for step in row.invoice.dunning_steps.order_by("at", "id")])

    @admin.display(description=_("To end the contract instead"))
    def end_of_contract(self, row: DunningProposal) -> SafeString:
        """Where notice of the end is given, on the ground of the breach (C7)."""
        address = reverse("admin:accounts_customer_end_notice", args=[row.customer_id])
        return format_html('<a href="{}">{}</a>', address, gettext("Give notice of the end, on the ground “breach”"))

    @action(description=_("Suspend"), url_path="suspend", permissions=["decide"])
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop sealing until what is overdue is paid."""
        return act_with_reason(
            self,
            request,
            title=gettext("Suspend for late payment"),
            consequence=gettext(
                "Sealing and the API stop at once. The customer still sees and pays its invoices, and is restored by "
                "itself when nothing is overdue any more."
            ),
            act=lambda actor, _given: suspend_for_late_payment(actor=actor, proposal_id=object_id, now=clock.now()),
        )

    @action(description=_("Give more time"), url_path="more-time", permissions=["decide"])
    def more_time(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide later."""
        return act_with_reason(
            self,
            request,
            title=gettext("Give more time"),
            consequence=gettext("The customer is told. The proposal comes back after that day if it is not paid."),
            act=lambda actor, given: give_more_time(
                actor=actor, proposal_id=object_id, until=given["until"], now=clock.now()
            ),
            form_class=MoreTimeForm,
        )

    @action(description=_("Dismiss"), url_path="dismiss", permissions=["decide"])
    def dismiss(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Nothing follows."""
        return act_with_reason(
            self,
            request,
            title=gettext("Dismiss this proposal"),
            consequence=gettext("Nothing follows from it. The late payment still counts in its contract year."),
            act=lambda actor, _given: dismiss_proposal(actor=actor, proposal_id=object_id, now=clock.now()),
        )


@admin.register(DunningStep)
class DunningStepAdmin(ReadOnly):
    list_display = ("customer", "invoice", "kind", "at", "until", "withdrawn_at")
    list_select_related = ("customer", "invoice")
    list_filter = ("kind",)
    search_fields = ("customer__slug", "customer__name", "invoice__number")
    ordering = ("-id",)


def _step(step: DunningStep) -> str:
    told = {"at": date_format(clock.legal_date(step.at)), "kind": step.get_kind_display()}
    if step.withdrawn_at:
        return gettext("%(at)s: %(kind)s (withdrawn)") % told
    if step.until:
        return gettext("%(at)s: %(kind)s, to be cured until %(until)s") % (told | {"until": date_format(step.until)})
    return gettext("%(at)s: %(kind)s") % told


def _list(lines: list[str]) -> SafeString | str:
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((line,) for line in lines))) if lines else ""
