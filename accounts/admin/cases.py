"""Cases for staff (clauses C4, C12): one opens and gathers evidence, another decides; suspensions and references."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from accounts.actions.add_evidence import add_evidence
from accounts.actions.decide_case import decide_case
from accounts.actions.invite_again import invite_again
from accounts.actions.open_case import AskedBy, open_case
from accounts.actions.read_evidence import read_evidence
from accounts.actions.withdraw_case import withdraw_case
from accounts.forms.staff import EvidenceForm, ReplacementForm, TransferForm
from accounts.models import Case, CaseEvidence, CustomerIdentity, ReferenceConsent, Suspension
from accounts.queries.cases import cases_in_state
from accounts.queries.references import consented_references
from accounts.rules.cases import OPEN, CaseKind, CaseState
from kernel import clock
from kernel.actor import Actor
from kernel.staff import ReadOnly, act_with_reason


class CaseEvidenceInline(TabularInline):
    """The files of a case."""

    model = CaseEvidence
    fields = ("name", "size", "added_by_name", "added_at", "download")
    readonly_fields = ("download",)
    ordering = ("id",)
    extra = 0
    hide_title = True
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("File"))
    def download(self, evidence: CaseEvidence) -> str:
        """Asked for with a permission of its own, and written down."""
        address = reverse("admin:accounts_caseevidence_download", args=[evidence.id])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', address, gettext("Download"))


@admin.register(CaseEvidence)
class CaseEvidenceAdmin(ReadOnly):
    """Only for its download; the case shows the rest."""

    list_display = ("name", "case", "size", "added_by_name", "added_at")
    search_fields = ("=id", "=case__id", "name")
    ordering = ("-id",)
    actions_detail = ["download"]

    def has_read_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.read_evidence"))

    @action(description=_("Download"), url_path="file", permissions=["read"])
    def download(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Never shown in the browser: a stranger made the file."""
        person = request.user
        actor = Actor.staff(person_id=str(person.pk), name=str(person), reason=gettext("Reads the evidence of a case"))
        found = read_evidence(actor=actor, evidence_id=object_id, now=clock.now())
        answer = StreamingHttpResponse(found.parts, content_type="application/octet-stream")
        answer["Content-Disposition"] = content_disposition_header(True, found.name)
        return answer


@admin.register(Case)
class CaseAdmin(ReadOnly):
    """The cases, each with its next step as a button."""

    list_display = (
        "id",
        "kind",
        "customer",
        "state",
        "asked_by_name",
        "opened_by_name",
        "opened_at",
        "takes_effect_at",
    )
    list_select_related = ("customer",)
    list_filter = ("state", "kind")
    search_fields = ("=id", "customer__slug", "customer__name", "asked_by_name")
    ordering = ("-id",)
    exclude = ("opened_by", "decided_by")
    inlines = (CaseEvidenceInline,)
    actions_list = ["open_replacement", "open_transfer"]
    actions_detail = ["add_file", "grant", "refuse", "invite", "withdraw"]

    def has_open_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.open_case"))

    def has_evidence_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_open_permission(request) and cases_in_state(object_id, *_UNDECIDED).exists()

    def has_decide_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        undecided = cases_in_state(object_id, *_UNDECIDED).exclude(opened_by=request.user.pk)
        return bool(request.user.has_perm("accounts.decide_case") and undecided.exists())

    def has_invite_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_open_permission(request) and cases_in_state(object_id, CaseState.INVITED).exists()

    def has_withdraw_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_open_permission(request) and cases_in_state(object_id, *OPEN).exists()

    @action(description=_("Replace the administrator"), url_path="replacement", permissions=["open"])
    def open_replacement(self, request: HttpRequest) -> HttpResponse:
        """Somebody shows a right to act for a customer (clause C4)."""
        return act_with_reason(
            self,
            request,
            title=gettext("Open a case: replace the administrator"),
            consequence=gettext("The owners are told at once. Nothing changes before a colleague decides by evidence."),
            act=lambda actor, given: _open(CaseKind.ADMINISTRATOR_REPLACEMENT, actor, given),
            form_class=ReplacementForm,
        )

    @action(description=_("Transfer the account"), url_path="transfer", permissions=["open"])
    def open_transfer(self, request: HttpRequest) -> HttpResponse:
        """The account passes to another entity (clause C12)."""
        return act_with_reason(
            self,
            request,
            title=gettext("Open a case: transfer the account"),
            consequence=gettext("The owners are told at once. It needs the written consent of both entities."),
            act=lambda actor, given: _open(CaseKind.ACCOUNT_TRANSFER, actor, given),
            form_class=TransferForm,
        )

    @action(description=_("Add evidence"), url_path="evidence", permissions=["evidence"])
    def add_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A file that shows the right."""
        return act_with_reason(
            self,
            request,
            title=gettext("Add evidence"),
            consequence=gettext(
                "The file is encrypted. Who may read evidence can download it, and that is written down."
            ),
            act=lambda actor, given: add_evidence(
                actor=actor,
                case_id=object_id,
                name=given["file"].name,
                size=given["file"].size,
                file=given["file"].file,
                now=clock.now(),
            ),
            form_class=EvidenceForm,
        )

    @action(description=_("Grant"), url_path="grant", variant=ActionVariant.PRIMARY, permissions=["decide"])
    def grant(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second person."""
        return act_with_reason(
            self,
            request,
            title=gettext("Grant what was asked for"),
            consequence=gettext(
                "It takes effect after three business days, unless an owner objects or agrees earlier."
            ),
            act=lambda actor, _given: decide_case(actor=actor, case_id=object_id, granted=True, now=clock.now()),
        )

    @action(description=_("Refuse"), url_path="refuse", permissions=["decide"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second person, too."""
        return act_with_reason(
            self,
            request,
            title=gettext("Refuse what was asked for"),
            consequence=gettext("Nothing changes. The owners read your reason."),
            act=lambda actor, _given: decide_case(actor=actor, case_id=object_id, granted=False, now=clock.now()),
        )

    @action(description=_("Invite again"), url_path="invite", permissions=["invite"])
    def invite(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The invitation ran out, or was taken back."""
        return act_with_reason(
            self,
            request,
            title=gettext("Invite the new owner again"),
            consequence=gettext("They get a new mail; the link in the old one no longer works."),
            act=lambda actor, _given: invite_again(actor=actor, case_id=object_id, now=clock.now()),
        )

    @action(description=_("Withdraw"), url_path="withdraw", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """It came to nothing."""
        return act_with_reason(
            self,
            request,
            title=gettext("Withdraw the case"),
            consequence=gettext("Nothing changes. The owners are told."),
            act=lambda actor, _given: withdraw_case(actor=actor, case_id=object_id, now=clock.now()),
        )


_UNDECIDED = (CaseState.OPENED, CaseState.HELD)


def _open(kind: CaseKind, actor: Actor, given: dict[str, Any]) -> None:
    names = ("email", "old_owners", "name", "kind", "country", "register_number", "vat_number")
    day = given.get("effective_on")
    open_case(
        actor=actor,
        kind=kind,
        customer_id=given["customer"],
        asked_by=AskedBy(given["asked_by_name"], given["asked_by_contact"], given["asked_by_capacity"]),
        facts={name: given[name] for name in names if name in given},
        wanted_at=clock.legal_midnight(day) if day else None,
        now=clock.now(),
    )


@admin.register(Suspension)
class SuspensionAdmin(ReadOnly):
    """Who was suspended, on which ground, and what is to be looked at again."""

    list_display = ("customer", "ground", "suspended_at", "suspended_by", "review_at", "lifted_at", "lifted_by")
    list_select_related = ("customer",)
    list_filter = ("ground", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("customer__slug", "customer__name")
    ordering = ("-suspended_at",)


@admin.register(CustomerIdentity)
class CustomerIdentityAdmin(ReadOnly):
    """Who a transferred customer was, until when."""

    list_display = ("customer", "name", "country", "register_number", "since", "until")
    list_select_related = ("customer",)
    search_fields = ("customer__slug", "name", "=register_number")
    ordering = ("-since",)


@admin.register(ReferenceConsent)
class ReferenceConsentAdmin(ReadOnly):
    """Who may be named as a reference, and who may no longer (clause C11)."""

    list_display = ("customer", "name", "logo", "given_by_name", "given_at", "withdrawn_at")
    list_select_related = ("customer",)
    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter),)
    search_fields = ("customer__slug", "customer__name")
    ordering = ("customer__name", "-given_at")
    actions_list = ["export"]

    def has_export_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.view_referenceconsent"))

    @action(description=_("Who may be named now (CSV)"), url_path="export.csv", permissions=["export"])
    def export(self, request: HttpRequest) -> HttpResponse:
        """As a file for those who make the website."""
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = content_disposition_header(True, "references.csv")
        rows = csv.writer(answer)
        rows.writerow(("customer", "name", "logo"))
        for each in consented_references():
            shown = each.customer_name if each.customer_name[:1] not in "=+-@\t" else f"'{each.customer_name}"
            rows.writerow((shown, "yes" if each.name else "no", "yes" if each.logo else "no"))
        return answer
