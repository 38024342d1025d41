"""The session cookie alone never opens a customer: membership is checked on every request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from accounts.models import Customer, Membership
from accounts.queries import active_memberships, actor_of_membership
from accounts.queries.staff import has_second_step
from accounts.queries.suspensions import suspension_of
from accounts.rules.permissions import AFTER_END
from kernel.tenancy.context import SchemaLags, refuse_lagging
from kernel.tenancy.urls import public_url

_OPEN_AFTER_END = {"settings_closing", "export"}


class MembershipMiddleware:
    """After authentication. A stranger, and a customer that does not exist, get the same answer.

    Membership and customer are read afresh, so a suspension is felt with the next request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.membership = None  # type: ignore[attr-defined]  # our attributes on Django's request
        request.actor = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        if not request.META.get("SCRIPT_NAME", "").startswith("/c/"):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), public_url("account_login"))
        customer = request.customer  # type: ignore[attr-defined]
        memberships = active_memberships(person_id=request.user.pk) if customer else []
        membership = next((each for each in memberships if each.customer_id == customer.id), None)
        if membership is None:
            raise Http404
        request.customers = [each.customer for each in memberships]  # type: ignore[attr-defined]
        if membership.customer.status == Customer.Status.SUSPENDED:
            context = {"customer": membership.customer, "suspension": suspension_of(membership.customer_id)}
            return render(request, "accounts/customer_suspended.html", context, status=403)
        if membership.customer.status == Customer.Status.ENDED and (answer := self._after_end(request, membership)):
            return answer
        try:
            refuse_lagging(membership.customer)
        except SchemaLags:
            return render(request, "503.html", status=503)
        request.membership = membership  # type: ignore[attr-defined]
        request.actor = actor_of_membership(membership)  # type: ignore[attr-defined]
        if membership.customer.status == Customer.Status.ENDED:
            request.actor = replace(request.actor, permissions=request.actor.permissions & AFTER_END)  # type: ignore[attr-defined]
        return None

    @staticmethod
    def _after_end(request: HttpRequest, membership: Membership) -> HttpResponseBase | None:
        """When the contract is over owners come to where the export is, and nobody to anything else (clause C8)."""
        if not membership.permissions & AFTER_END:
            return render(request, "accounts/customer_ended.html", {"customer": membership.customer}, status=403)
        found = request.resolver_match
        return redirect("settings_closing") if found is None or found.url_name not in _OPEN_AFTER_END else None


class StaffSecondStepMiddleware:
    """Nobody works in `/staff/` on a password alone where a second step is required; who has none is led to it.

    Whoever has one is asked for it by every sign-in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        below_staff = request.path.startswith("/staff/") and not request.META.get("SCRIPT_NAME", "").startswith("/c/")
        if not (settings.STAFF_SECOND_STEP_REQUIRED and below_staff and request.user.is_staff):
            return None
        if has_second_step(request.user):
            return None
        messages.warning(request, gettext("Set up two-step sign-in first: staff work with nothing less."))
        return redirect(public_url("mfa_index"))
