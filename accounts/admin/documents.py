"""Legal documents for staff: what was announced, accepted and told, and announcing the next version (D10)."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.actions.publish_document import publish_document
from accounts.forms.documents import PublishForm
from accounts.models import Acceptance, LegalDocument, LegalFile, LegalNotice
from accounts.queries.documents import figures
from accounts.rules.documents import LEADING_LANGUAGE, earliest_effect
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.staff import ReadOnly


@admin.register(LegalDocument)
class LegalDocumentAdmin(ReadOnly):
    list_display = ("kind", "version", "language", "audience", "country", "effective_on", "announced_on", "first")
    list_filter = ("kind", "audience", "language")
    ordering = ("-effective_on", "kind", "language")
    actions_list = ["publish"]

    def has_publish_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.add_legaldocument"))

    @action(description=_("Announce a version"), url_path="publish", permissions=["publish"])
    def publish(self, request: HttpRequest) -> HttpResponse:
        """All languages of a version at once; a preview first."""
        earliest = earliest_effect(clock.legal_date(clock.now()), first_of_kind=False)
        form = PublishForm(request.POST or None, initial={"effective_on": earliest})
        preview = form.preview() if form.is_valid() else []
        if form.is_valid() and "publish" in request.POST and _published(request, form):
            messages.success(
                request, gettext("Announced. Customers are told, and the files are sealed, within minutes.")
            )
            return redirect("admin:accounts_legaldocument_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Announce a version of a legal document"),
            "form": form,
            "preview": preview,
            "earliest": earliest,
            "figures": sorted(figures(LEADING_LANGUAGE).items()),
        }
        return render(request, "admin/publish_document.html", context, status=422 if form.errors else 200)


def _published(request: HttpRequest, form: PublishForm) -> bool:
    """Announce what the form holds; a refusal is shown at its fields."""
    given = form.cleaned_data
    person = request.user
    try:
        publish_document(
            actor=Actor.staff(person_id=str(person.pk), name=str(person), reason=given["reason"]),
            kind=given["kind"],
            audience=given["audience"],
            country=given["country"],
            texts=form.texts,
            effective_on=given["effective_on"],
            needs_acceptance=given["needs_acceptance"],
            now=clock.now(),
        )
    except Refusal as refusal:
        for error in refusal.errors:
            name = error.pointer.strip("/")
            form.add_error(name if name in form.fields else None, error.detail)
        if not refusal.errors:
            form.add_error(None, str(refusal.detail))
        return False
    return True


@admin.register(LegalFile)
class LegalFileAdmin(ReadOnly):
    list_display = ("document", "sha256", "sealed_at")
    list_select_related = ("document",)
    exclude = ("content",)
    ordering = ("-sealed_at",)


@admin.register(LegalNotice)
class LegalNoticeAdmin(ReadOnly):
    list_display = ("customer", "document", "notice_number", "told_at")
    list_select_related = ("customer", "document")
    search_fields = ("customer__name", "customer__slug")
    ordering = ("-told_at",)


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnly):
    list_display = ("customer", "document", "person_name", "authority", "accepted_at")
    list_select_related = ("customer", "document")
    search_fields = ("customer__name", "customer__slug", "person_name")
    ordering = ("-accepted_at",)
