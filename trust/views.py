"""The door for people: the certificates their documents are sealed with, and ordering and renewing them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.queries.charges import certificate_prices
from kernel import clock
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from trust.actions.cancel_order import cancel_order
from trust.actions.order_certificate import order_certificate
from trust.actions.report_compromise import report_compromise
from trust.forms import OrderForm
from trust.queries import audit_keys, certificate_of, receipt_keys
from trust.queries.orders import (
    certificate_view,
    certificate_views,
    chain_of,
    minutes_of,
    open_order_of,
    order_for,
    order_of,
    order_proposal,
)

_KEYS_MAY_BE_KEPT = "public, max-age=300"


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


@require_safe
def certificates_page(request: HttpRequest) -> HttpResponse:
    """What the customer seals with, and what it has ordered."""
    actor = _actor(request)
    context = {"certificates": certificate_views(actor, now=clock.now()), "order": open_order_of(actor)}
    return render(request, "trust/certificates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def certificate_page(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """One certificate; a POST stops sealing with it, because its key may be compromised."""
    actor, now = _actor(request), clock.now()
    if request.method == "POST":
        report_compromise(actor=actor, certificate_id=certificate_id, now=now)
        messages.success(request, _("Nothing more is sealed with this certificate. We have it revoked."))
        return redirect("certificate", certificate_id=certificate_id)
    context = {
        "certificate": certificate_view(actor, certificate_id, now=now),
        "order": order_for(actor, certificate_id),
        "open_order": open_order_of(actor),
    }
    return render(request, "trust/certificate.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def order_page(request: HttpRequest) -> HttpResponse:
    """Order a certificate, or renew one: `?renews=<id>`."""
    actor, now = _actor(request), clock.now()
    renews = request.GET.get("renews", "")
    initial = {**order_proposal(actor, renews), "renews": renews, "key_algorithm": settings.SEAL_KEY_ALGORITHM}
    form = OrderForm(request.POST or None, prices=certificate_prices(legal_date(now)), initial=initial)
    if form.is_valid():
        try:
            order = order_certificate(actor=actor, now=now, **form.wishes())
        except NotFound:
            raise
        except Refusal as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("The certificate is ordered. Its price will be on your next invoice."))
            return redirect("certificate_order", order_id=order.id)
    context = {"form": form, "renewed": certificate_of(actor, renews) if renews else None}
    return render(request, "trust/order.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def order_detail_page(request: HttpRequest, order_id: str) -> HttpResponse:
    """How an order is doing; a POST cancels it."""
    actor = _actor(request)
    if request.method == "POST":
        cancel_order(actor=actor, order_id=order_id, now=clock.now())
        messages.success(request, _("The order is cancelled and not charged."))
        return redirect("certificates")
    return render(request, "trust/order_detail.html", {"order": order_of(actor, order_id)})


@require_safe
def minutes_file(request: HttpRequest, order_id: str) -> HttpResponse:
    """The sealed minutes of the key ceremony."""
    content = minutes_of(_actor(request), order_id)
    return _download(content, "application/pdf", f"key-ceremony-{order_id}.pdf")


@require_safe
def chain_file(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """The certificate and its issuers in PEM."""
    content = chain_of(_actor(request), certificate_id).encode()
    return _download(content, "application/x-pem-file", f"{certificate_id}.pem")


def _download(content: bytes, media_type: str, name: str) -> HttpResponse:
    headers: dict[str, Any] = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
    return HttpResponse(content, content_type=media_type, headers=headers)


@require_safe
def receipt_keys_set(request: HttpRequest) -> HttpResponse:
    """For everybody: the keys by which receipts are verified, as a JWK Set (RFC 7517, 5)."""
    response = JsonResponse({"keys": receipt_keys()}, content_type="application/jwk-set+json")
    response["Cache-Control"] = _KEYS_MAY_BE_KEPT
    return response


@require_safe
def audit_keys_set(request: HttpRequest) -> HttpResponse:
    """For everybody: the keys by which checkpoints of the audit trail are verified, as a JWK Set (RFC 7517, 5)."""
    response = JsonResponse({"keys": audit_keys()}, content_type="application/jwk-set+json")
    response["Cache-Control"] = _KEYS_MAY_BE_KEPT
    return response
