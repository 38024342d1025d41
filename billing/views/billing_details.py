"""Where invoices go, and what stands on them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views._steps import actor_of, show
from billing.actions.change_billing_details import change_billing_details
from billing.forms.billing_details import DetailsForm
from billing.queries.billing_details import DetailsView, billing_details_of
from kernel import clock
from kernel.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def details_page(request: HttpRequest) -> HttpResponse:
    """The details as they are, to change for who manages billing."""
    actor = actor_of(request)
    details = billing_details_of(actor)
    form = DetailsForm(request.POST) if request.method == "POST" else DetailsForm(initial=_shown(details))
    if request.method == "POST":
        actor.require("billing.manage")
        if form.is_valid() and _changed(request, form):
            messages.success(request, _("The billing details are saved. They hold for invoices from now on."))
            return redirect("billing_details")
    context = {"form": form, "details": details, "customer": details.customer}
    return render(request, "billing/billing_details.html", context, status=422 if form.is_bound else 200)


def _shown(details: DetailsView) -> dict[str, str]:
    return {
        "emails": "\n".join(details.emails),
        "attached_format": details.attached_format,
        "buyer_reference": details.buyer_reference,
        "order_number": details.order_number,
        "language": details.language,
    }


def _changed(request: HttpRequest, form: DetailsForm) -> bool:
    given = form.cleaned_data
    try:
        change_billing_details(
            actor=actor_of(request),
            emails=form.addresses(),
            buyer_reference=given["buyer_reference"],
            order_number=given["order_number"],
            language=given["language"],
            attached_format=given["attached_format"],
            now=clock.now(),
        )
    except Refusal as refusal:
        show(refusal, form)
        return False
    return True
