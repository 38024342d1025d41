"""The session cookie alone never opens a customer: membership is checked on every request.

And what else belongs to a session: when it was used last, and the zone its person reads times in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from accounts.actions.note_session_use import note_session_use
from accounts.actions.remember_customer import remember_customer
from accounts.models import Customer, Person
from accounts.queries import active_memberships, actor_of_membership
from accounts.rules.sign_in import SEEN_EVERY
from accounts.views._cookies import remembered_zone, zone_named
from kernel import clock
from kernel.tenancy.context import SchemaLags, refuse_lagging
from kernel.tenancy.urls import public_url


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
            return render(request, "accounts/customer_suspended.html", {"customer": membership.customer}, status=403)
        try:
            refuse_lagging(membership.customer)
        except SchemaLags:
            return render(request, "503.html", status=503)
        request.membership = membership  # type: ignore[attr-defined]
        actor = request.actor = actor_of_membership(membership)  # type: ignore[attr-defined]
        person: Person = request.user
        if person.last_customer_id != membership.customer_id:
            remember_customer(actor=actor)
        if zone := zone_named(person.time_zone):
            timezone.activate(zone)
        return None


class SessionUseMiddleware:
    """Notes every five minutes that a session is in use; the session itself remembers when, so that no request asks.

    A request that needs no session, as a program's, has none and costs nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.session.session_key and request.session.accessed and request.session.get("_auth_user_id"):
            self._note(request, clock.now())
        return response

    def _note(self, request: HttpRequest, now: datetime) -> None:
        if now.timestamp() - request.session.get("seen_at", 0) < SEEN_EVERY.total_seconds():
            return
        request.session["seen_at"] = now.timestamp()
        note_session_use(
            session_key=request.session.session_key or "",
            address=get_adapter(request).get_client_ip(request),
            user_agent=request.headers.get("User-Agent", ""),
            now=now,
        )


class ReaderZoneMiddleware:
    """Pages tell times in the zone that was chosen in this browser; in a portal, in that of the person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/staff/"):
            return self.get_response(request)
        with timezone.override(remembered_zone(request)):
            return self.get_response(request)
