"""The pages about invoices, their files, and the account."""

from __future__ import annotations

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.views._steps import actor_of
from billing.forms.billing_details import AccountForm
from billing.queries.account import liability_seen_by, statement_of
from billing.queries.dunning import steps_of
from billing.queries.invoice_files import invoice_file
from billing.queries.invoice_pages import invoice_seen_by, invoices_seen_by, next_invoice_seen_by
from billing.rules.statements import Statement
from kernel import clock
from kernel.cells import safe_cell
from kernel.clock import legal_date

_COLUMNS = ("date", "what", "reference", "amount_eur", "balance_eur")


@require_safe
def invoices_page(request: HttpRequest) -> HttpResponse:
    """Every document with how it stands, what is open, and what the next invoice is about."""
    actor, now = actor_of(request), clock.now()
    found = invoices_seen_by(actor, on=legal_date(now))
    coming = next_invoice_seen_by(actor, now=now)
    return render(request, "billing/invoices.html", {"invoices": found, "coming": coming})


@require_safe
def invoice_page(request: HttpRequest, number: str) -> HttpResponse:
    """One document, with the arithmetic of every line."""
    now = clock.now()
    page = invoice_seen_by(actor_of(request), number=number, on=legal_date(now))
    steps = steps_of(page.invoice.id, now=now)
    context = {"page": page, "invoice": page.invoice, "pay": page.pay, "steps": steps}
    return render(request, "billing/invoice.html", context)


@require_safe
def invoice_download(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """A file of a document."""
    file = invoice_file(actor_of(request), number, kind)
    response = HttpResponse(file.content, content_type=file.media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name)
    return response


@require_safe
def account_page(request: HttpRequest) -> HttpResponse:
    """The statement of account, as a page or, with `format=csv`, as a file."""
    actor, today = actor_of(request), legal_date(clock.now())
    form = AccountForm(request.GET, today)
    form.full_clean()
    first_on, last_on = form.span()
    found = statement_of(actor, first_on=first_on, last_on=last_on)
    if request.GET.get("format") == "csv":
        return _csv(found)
    context = {"form": form, "statement": found, "liability": liability_seen_by(actor, on=today)}
    return render(request, "billing/account.html", context)


def _csv(found: Statement) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for entry in found.entries:
        moved = entry.movement
        told = (moved.on, moved.kind, moved.reference, moved.amount, entry.balance)
        writer.writerow([safe_cell(value) for value in told])
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    filename = f"account-{found.first_on}-{found.last_on}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    return response
