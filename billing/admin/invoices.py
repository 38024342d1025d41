"""Invoices for staff: drafts, what is held and why, what was issued, and the runs that made them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from billing.actions.charge_correction import charge_correction
from billing.actions.check_vat_number import check_vat_number
from billing.actions.credit_invoice import credit_invoice
from billing.actions.discard_draft import discard_draft
from billing.actions.finalise_invoice import finalise_invoice
from billing.actions.release_invoice import release_invoice
from billing.forms.invoices import CorrectionForm, amounts_given, credit_form
from billing.models import BillingRun, Invoice, InvoiceLine, VatEvidence
from billing.queries.account import liability_of
from billing.queries.credits import creditable
from billing.queries.invoices import bookings_of, vat_evidence_of
from billing.queries.isaf import isaf_of
from billing.rules.months import month_named, months_back
from billing.rules.periods import months_after
from billing.rules.vat import Hold
from kernel import clock
from kernel.staff import ReadOnly, act_with_reason

_MONTHS_OFFERED = 24
HELD_FOR = {
    "vies": _("VIES does not answer"),
    "seller_incomplete": _("Our own particulars are not complete"),
    "buyer_incomplete": _("The buyer’s particulars are not complete"),
    "unusual_amount": _("It charges unusually much"),
    "twice_the_same": _("It charges the same thing twice"),
    "many_lines": _("It has unusually many lines"),
}


class InvoiceLineInline(TabularInline):
    """The lines of a document."""

    model = InvoiceLine
    fk_name = "invoice"
    fields = ("position", "kind", "words", "quantity", "unit_price", "net")
    readonly_fields = ("words",)
    ordering = ("position",)
    extra = 0
    hide_title = True
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("For"))
    def words(self, line: InvoiceLine) -> str:
        return _words(line)


def _words(line: InvoiceLine) -> str:
    """What a line is for, in short."""
    facts = line.facts
    named = facts.get("description") or facts.get("item") or facts.get("plan_name") or ""
    return f"{named} {facts.get('from_on', '')} – {facts.get('until_on', '')}".strip(" –")


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly):
    """Every document, each with what can be done with it as a button."""

    list_display = ("name", "customer", "kind", "standing", "issued_on", "net", "vat", "gross", "due_on")
    list_select_related = ("customer",)
    list_filter = ("state", "kind", "held_for")
    search_fields = ("=id", "=number", "=reference", "customer__slug", "customer__name")
    ordering = ("-drafted_at",)
    exclude = ("series", "year", "serial", "seller", "buyer", "vat_evidence")
    readonly_fields = ("seller_words", "buyer_words", "evidence", "booked", "liability")
    inlines = (InvoiceLineInline,)
    actions_list = ["isaf"]
    actions_detail = ["issue", "release", "ask_vies", "discard", "credit", "correct"]

    @admin.display(description=_("Number"), ordering="number")
    def name(self, invoice: Invoice) -> str:
        return invoice.number or gettext("Draft")

    @admin.display(description=_("State"), ordering="held_for")
    def standing(self, invoice: Invoice) -> str:
        """Issued, a draft, or why it is held."""
        if not invoice.held_for:
            return invoice.get_state_display()
        return gettext("Held: %(reason)s") % {"reason": HELD_FOR.get(invoice.held_for, invoice.held_for)}

    @admin.display(description=_("Seller"))
    def seller_words(self, invoice: Invoice) -> str:
        return _party(invoice.seller)

    @admin.display(description=_("Buyer"))
    def buyer_words(self, invoice: Invoice) -> str:
        return _party(invoice.buyer)

    @admin.display(description=_("VAT evidence"))
    def evidence(self, invoice: Invoice) -> str:
        """The answer of VIES that the VAT rests on, or the newest one for a draft."""
        found = vat_evidence_of(invoice)
        if found is None:
            return gettext("None was needed")
        words = gettext("registered") if found.valid else gettext("not registered")
        when = f"{found.checked_at:%Y-%m-%d %H:%M} UTC"
        return f"{found.vat_number}: {words}, {when}, {found.consultation_number} {found.name}".strip()

    @admin.display(description=_("Booked"))
    def booked(self, invoice: Invoice) -> SafeString | str:
        """The postings of the document, debits above zero."""
        rows = [(line.account, line.amount) for line in bookings_of(invoice.id)]
        return format_html_join("", "<div>{} {}</div>", rows) if rows else gettext("Not yet")

    @admin.display(description=_("Liable to this customer up to"))
    def liability(self, invoice: Invoice) -> str:
        """As of today, by what was paid (B16)."""
        found = liability_of(invoice.customer_id, on=clock.legal_date(clock.now()))
        return f"{found.amount} EUR"

    def _may(self, request: HttpRequest, object_id: str, **state: Any) -> bool:
        allowed = request.user.has_perm("billing.change_invoice")
        return bool(allowed and Invoice.objects.filter(pk=object_id, **state).exists())

    def has_draft_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._may(request, object_id, state="draft", kind="invoice")

    def has_release_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        held = Invoice.objects.filter(pk=object_id).exclude(held_for__in=["", *Hold])
        return self.has_draft_permission(request, object_id) and held.exists()

    def has_credit_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        if not self._may(request, object_id, state="finalised", kind__in=["invoice", "interest_note"]):
            return False
        return bool(creditable(Invoice.objects.get(pk=object_id)))

    def has_correct_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._may(request, object_id, state="finalised", kind="credit_note")

    @action(description=_("i.SAF register"), url_path="isaf", permissions=["view"])
    def isaf(self, request: HttpRequest) -> HttpResponse:
        """The register of a month for the tax authority, as a file; first the choice of the month."""
        now = clock.now()
        today = clock.legal_date(now)
        month = month_named(request.GET.get("month", ""))
        if month is not None:
            response = HttpResponse(isaf_of(month, now=now), content_type="application/xml")
            name = f"isaf-{month:%Y-%m}.xml"
            response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
            return response
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("i.SAF register"),
            "months": months_back(today, months_after(today, -_MONTHS_OFFERED)),
            "last_month": months_after(today.replace(day=1), -1),
        }
        return render(request, "admin/isaf.html", context)

    @action(description=_("Issue now"), url_path="issue", variant=ActionVariant.PRIMARY, permissions=["draft"])
    def issue(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Try it now instead of within the hour."""
        return act_with_reason(
            self,
            request,
            title=gettext("Issue the invoice"),
            consequence=gettext("It gets its number, never changes again and is sent to the customer."),
            act=lambda actor, _given: finalise_invoice(actor=actor, invoice_id=object_id, now=clock.now()),
        )

    @action(description=_("Release"), url_path="release", permissions=["release"])
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """It looked wrong and is right."""
        return act_with_reason(
            self,
            request,
            title=gettext("Release the invoice"),
            consequence=gettext("You say that what it charges is right. It is issued within a minute, as it stands."),
            act=lambda actor, _given: release_invoice(actor=actor, invoice_id=object_id, now=clock.now()),
        )

    @action(description=_("Ask VIES"), url_path="vies", permissions=["draft"])
    def ask_vies(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Whether the buyer's VAT number is registered."""
        customer_id = Invoice.objects.values_list("customer_id", flat=True).get(pk=object_id)
        return act_with_reason(
            self,
            request,
            title=gettext("Ask VIES about the VAT number"),
            consequence=gettext("The answer is kept as evidence. The VAT of the invoice follows from it."),
            act=lambda actor, _given: check_vat_number(
                actor=actor, customer_id=customer_id, again=True, now=clock.now()
            ),
        )

    @action(description=_("Discard"), url_path="discard", permissions=["draft"])
    def discard(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Something in it is wrong and was taken back."""
        return act_with_reason(
            self,
            request,
            title=gettext("Discard the draft"),
            consequence=gettext(
                "A new one is made within the hour, with what is owed then. To charge less, reverse the charge first."
            ),
            act=lambda actor, _given: discard_draft(actor=actor, invoice_id=object_id, now=clock.now()),
        )

    @action(description=_("Credit"), url_path="credit", permissions=["credit"])
    def credit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All of it, or parts of lines."""
        invoice = Invoice.objects.get(pk=object_id)
        lines, left = {line.position: line for line in invoice.lines.all()}, creditable(invoice)
        return act_with_reason(
            self,
            request,
            title=gettext("Credit %(number)s") % {"number": invoice.number},
            consequence=gettext(
                "The customer gets a credit note with your reason on it. It settles the invoice as far as that is"
                " unpaid; the rest becomes the customer’s credit. It cannot be undone."
            ),
            act=lambda actor, given: credit_invoice(
                actor=actor,
                invoice_id=object_id,
                key=given["key"],
                reason=actor.reason,
                amounts=amounts_given(given),
                now=clock.now(),
            ),
            form_class=credit_form({place: (_words(lines[place]), amount) for place, amount in left.items()}),
        )

    @action(description=_("Charge again"), url_path="correct", permissions=["correct"])
    def correct(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Rightly, what was credited."""
        return act_with_reason(
            self,
            request,
            title=gettext("Charge a correction"),
            consequence=gettext("The amount is on the customer’s next invoice, in place of what was credited."),
            act=lambda actor, given: charge_correction(
                actor=actor,
                credit_note_id=object_id,
                amount=given["amount"],
                description=given["description"],
                now=clock.now(),
            ),
            form_class=CorrectionForm,
        )


def _party(details: dict[str, Any]) -> str:
    names = ("name", "register_number", "vat_number", "street", "postcode", "city", "country")
    return ", ".join(str(details[name]) for name in names if details.get(name))


@admin.register(BillingRun)
class BillingRunAdmin(ReadOnly):
    """What was invoiced when, and what waits."""

    list_display = ("customer", "key", "until", "state", "invoice", "begun_at", "done_at", "alarmed_at")
    list_select_related = ("customer", "invoice")
    list_filter = ("state",)
    search_fields = ("=key", "customer__slug", "customer__name", "=invoice__number")
    ordering = ("-until", "customer_id")


@admin.register(VatEvidence)
class VatEvidenceAdmin(ReadOnly):
    """What VIES answered."""

    list_display = ("customer", "vat_number", "valid", "consultation_number", "name", "checked_at")
    list_select_related = ("customer",)
    list_filter = ("valid",)
    search_fields = ("=vat_number", "=consultation_number", "customer__slug", "customer__name")
    ordering = ("-checked_at",)
