"""The books for staff: entries with their postings, the trial balance, and the journal as a file."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import admin
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDateWidget

from billing.models import JournalEntry, Posting
from billing.queries.ledger import JOURNAL_COLUMNS, journal, trial_balance
from kernel import clock
from kernel.cells import csv_line
from kernel.clock import legal_date
from kernel.money import ZERO
from kernel.staff import ReadOnly


class PostingInline(TabularInline):
    model = Posting
    extra = 0
    can_delete = False


class BooksForm(forms.Form):
    """Which days; both included."""

    first = forms.DateField(label=_("From"), widget=UnfoldAdminDateWidget())
    last = forms.DateField(label=_("To"), widget=UnfoldAdminDateWidget())


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnly):
    list_display = ("id", "booked_on", "kind", "document_type", "document_id", "recorded_at")
    list_filter = ("kind", "booked_on")
    search_fields = ("=document_id",)
    ordering = ("-id",)
    inlines = (PostingInline,)
    actions_list = ["books"]

    def has_books_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.view_journalentry"))

    @action(description=_("Trial balance and journal"), url_path="books", permissions=["books"])
    def books(self, request: HttpRequest) -> HttpResponseBase:
        """Each account's sum, and the journal as CSV for the bookkeeper."""
        today = legal_date(clock.now())
        form = BooksForm(request.GET or {"first": today.replace(day=1), "last": today})
        days = (form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else (today, today)
        if "journal" in request.GET and form.is_valid():
            return _journal(*days)
        balances = trial_balance(until=days[1])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Trial balance"),
            "form": form,
            "until": days[1],
            "balances": balances,
            "total": sum((each.balance for each in balances), ZERO),
        }
        return render(request, "admin/books.html", context)


def _journal(first: date, last: date) -> HttpResponseBase:
    lines = (csv_line(line) for part in ((JOURNAL_COLUMNS,), journal(first=first, last=last)) for line in part)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"journal-{first.isoformat()}-{last.isoformat()}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response
