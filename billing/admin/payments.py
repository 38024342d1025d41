"""Payments for staff: the queue of those that nobody knows the customer of, statements, and what settled what."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action

from accounts.queries.customers import customer_called
from billing.actions.allocate_payment import allocate_payment
from billing.actions.assign_payment import assign_payment
from billing.actions.clear_payment_flag import clear_payment_flag
from billing.actions.import_statement import import_statement
from billing.actions.record_refund import record_refund
from billing.actions.record_return import record_return
from billing.actions.undo_allocation import undo_allocation
from billing.forms.payments import AllocateForm, AssignForm, RefundForm, ReturnForm, StatementForm, packed
from billing.models import Allocation, BankStatement, Payment, PaymentFlag, UnfitEntry
from billing.queries.payments import free_amount, suggestions_for
from billing.queries.statements import preview_statement
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.staff import ReadOnly, act_with_reason


def _may(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("billing.change_payment"))


class InQueue(admin.SimpleListFilter):
    """Those that wait for staff."""

    title = _("assigned")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("Nobody knows whose")), ("assigned", _("Assigned"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        wanted = {"waiting": True, "assigned": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(customer__isnull=wanted)


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    list_display = ("value_on", "amount", "kind", "customer", "payer_name", "reference", "remittance", "id")
    list_select_related = ("customer",)
    list_filter = (InQueue, "kind", "method")
    search_fields = ("=id", "=payer_account", "payer_name", "reference", "remittance", "customer__slug")
    ordering = ("-value_on", "-id")
    fields = (
        *("customer", "maybe_of", "kind", "method", "amount", "left", "value_on", "payer_name", "payer_account"),
        *("reference", "remittance", "reverses", "statement", "recorded_at", "dedupe_key"),
    )
    readonly_fields = ("left", "maybe_of")
    actions_list = ["refund"]
    actions_detail = ["assign", "allocate_one", "place_return"]

    @admin.display(description=_("Not used yet"))
    def left(self, payment: Payment) -> str:
        return f"{free_amount(payment):.2f}"

    @admin.display(description=_("Maybe of"))
    def maybe_of(self, payment: Payment) -> str:
        """Suggestions while nobody knows; each with what is open."""
        found = suggestions_for(payment) if not payment.customer_id else []
        lines = [(each.name, ", ".join(each.open_numbers) or gettext("nothing open")) for each in found[:10]]
        return format_html_join("", "<div>{}: {}</div>", lines) or "–"

    def has_assign_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return _may(request) and Payment.objects.filter(pk=object_id, customer=None, kind="receipt").exists()

    def has_allocate_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        found = Payment.objects.filter(pk=object_id, customer__isnull=False, kind="receipt").first()
        return _may(request) and found is not None and free_amount(found) > 0

    def has_place_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return _may(request) and Payment.objects.filter(pk=object_id, customer=None, kind="return").exists()

    def has_refund_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return _may(request)

    @action(description=_("Assign to a customer"), url_path="assign", permissions=["assign"])
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Whose it is."""
        return act_with_reason(
            self,
            request,
            title=gettext("Assign the payment"),
            consequence=gettext("The customer is told that it was received. Whose it is cannot be changed afterwards."),
            act=lambda actor, given: assign_payment(
                actor=actor,
                payment_id=object_id,
                customer=given["customer"],
                invoices=given["invoices"],
                now=clock.now(),
            ),
            form_class=AssignForm,
        )

    @action(description=_("Settle an invoice"), url_path="allocate", permissions=["allocate"])
    def allocate_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """With what is left of it."""
        return act_with_reason(
            self,
            request,
            title=gettext("Settle an invoice with what is left of the payment"),
            consequence=gettext("As much as possible of the invoice is settled, as of the payment’s value date."),
            act=lambda actor, given: allocate_payment(
                actor=actor, payment_id=object_id, number=given["number"], now=clock.now()
            ),
            form_class=AllocateForm,
        )

    @action(description=_("Say what was taken back"), url_path="return", permissions=["place"])
    def place_return(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which receipt the bank took back."""
        return act_with_reason(
            self,
            request,
            title=gettext("Say which payment was taken back"),
            consequence=gettext("What it settled is open again, with the old due date. The customer is told."),
            act=lambda actor, given: record_return(
                actor=actor, return_id=object_id, payment_id=given["payment"], now=clock.now()
            ),
            form_class=ReturnForm,
        )

    @action(description=_("Note a refund"), url_path="refund", permissions=["refund"])
    def refund(self, request: HttpRequest) -> HttpResponse:
        """Credit that was transferred back."""
        return act_with_reason(
            self,
            request,
            title=gettext("Note that credit was paid back"),
            consequence=gettext(
                "Make the transfer at the bank first. It is booked as of today, and the customer is told."
            ),
            act=_refund,
            form_class=RefundForm,
        )


def _refund(actor: Actor, given: dict[str, Any]) -> None:
    customer_id = customer_called(given["customer"].strip()) or ""
    record_refund(actor=actor, customer_id=customer_id, amount=given["amount"], now=clock.now())


@admin.register(Allocation)
class AllocationAdmin(ReadOnly):
    list_display = ("id", "customer", "invoice", "payment", "credit_note", "amount", "value_on", "made_by", "reverses")
    list_select_related = ("customer", "invoice", "payment", "credit_note", "reverses")
    search_fields = ("=invoice__number", "=payment__id", "customer__slug")
    ordering = ("-id",)
    actions_detail = ["undo"]

    def has_undo_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        stands = Allocation.objects.filter(reverses=None, reversal=None)
        return _may(request) and object_id.isdecimal() and stands.filter(pk=object_id).exists()

    @action(description=_("Take back"), url_path="undo", permissions=["undo"])
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Because it was assigned wrongly."""
        return act_with_reason(
            self,
            request,
            title=gettext("Take back what settled the invoice"),
            consequence=gettext("The invoice is open again with its old due date; the amount is credit."),
            act=lambda actor, _given: undo_allocation(actor=actor, allocation_id=int(object_id), now=clock.now()),
        )


@admin.register(PaymentFlag)
class PaymentFlagAdmin(ReadOnly):
    list_display = ("id", "kind", "payment", "customer_name", "raised_at", "cleared_at", "cleared_by")
    list_select_related = ("payment__customer",)
    list_filter = ("kind", ("cleared_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    actions_detail = ["clear"]

    @admin.display(description=_("Customer"))
    def customer_name(self, flag: PaymentFlag) -> str:
        return str(flag.payment.customer or "–")

    def has_clear_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        waiting = PaymentFlag.objects.filter(cleared_at=None)
        return _may(request) and object_id.isdecimal() and waiting.filter(pk=object_id).exists()

    @action(description=_("Looked at"), url_path="clear", permissions=["clear"])
    def clear(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Nothing more to do."""
        return act_with_reason(
            self,
            request,
            title=gettext("Looked at"),
            consequence=gettext("It leaves the list of payments to look at. Nothing else changes."),
            act=lambda actor, _given: clear_payment_flag(actor=actor, flag_id=int(object_id), now=clock.now()),
        )


class UnfitEntryInline(TabularInline):
    model = UnfitEntry
    extra = 0
    can_delete = False


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnly):
    list_display = ("file_name", "first_on", "last_on", "entries", "new_entries", "imported_at", "imported_by")
    ordering = ("-imported_at",)
    inlines = (UnfitEntryInline,)
    actions_list = ["import_one"]

    def has_import_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return _may(request)

    @action(description=_("Import a statement"), url_path="import", permissions=["import"])
    def import_one(self, request: HttpRequest) -> HttpResponse:
        """Shows first what is in the file."""
        form = StatementForm(request.POST, request.FILES) if request.method == "POST" else StatementForm()
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        if form.is_valid():
            given = form.cleaned_data
            try:
                if "import" in request.POST:
                    return self._import(request, given)
                context["preview"] = preview_statement(given["content"])
                context["packed"], context["file_name"] = packed(given["content"]), given["file_name"]
            except Refusal as refusal:
                form.add_error("file", str(refusal.detail))
        context["title"] = gettext("Import a statement")
        return render(request, "admin/import_statement.html", context, status=422 if form.errors else 200)

    def _import(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        person = request.user
        done = import_statement(
            actor=Actor.staff(person_id=str(person.pk), name=str(person), reason=given["file_name"]),
            content=given["content"],
            file_name=given["file_name"],
            now=clock.now(),
        )
        messages.success(
            request,
            gettext("%(new)s of %(all)s payments are new. They are assigned in a moment; what is unsure waits for you.")
            % {"new": done.new_entries, "all": done.entries},
        )
        return redirect("admin:billing_bankstatement_changelist")
