"""The session cookie alone never opens a customer: membership and sign-in rules are checked on every request.

And what else belongs to a session: when it was used last, and the zone its person reads times in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from accounts.actions.note_activity import note_activity
from accounts.actions.note_session_use import note_session_use
from accounts.actions.remember_customer import remember_customer
from accounts.models import Customer, Membership, Person
from accounts.queries import active_memberships, actor_of_membership
from accounts.queries.contract import erasure_of
from accounts.queries.openings import opening_of
from accounts.queries.sign_in import has_second_step
from accounts.queries.suspensions import suspension_of
from accounts.rules.entrance import SEEN_EVERY
from accounts.rules.permissions import AFTER_END, WHILE_OWING
from accounts.rules.sign_in import Entry, Opening, judge_entry
from accounts.rules.suspensions import Ground
from accounts.views._cookies import remembered_zone, zone_named
from kernel import clock
from kernel.tenancy.context import SchemaLags, find_customer, refuse_lagging
from kernel.tenancy.urls import customer_url, public_url

# Pages of the public site at which a session that a provider opened counts as signed in.
_BOTH = {
    "account_logout",
    "provider_search",
    "provider_entrance",
    "provider_start",
    "provider_callback",
    "provider_assertion",
    "provider_finish",
    "provider_metadata",
}
_REFUSED = {
    Entry.PROVIDER_NEEDED: "accounts/provider_needed.html",
    Entry.SECOND_STEP_NEEDED: "accounts/second_step_needed.html",
    Entry.PROVIDER_SECOND_STEP_NEEDED: "accounts/provider_second_step_needed.html",
}

# The pages on which what is owed is seen and paid.
_OPEN_WHILE_OWING = {
    "billing_account",
    "billing_card",
    "billing_card_back",
    "billing_details",
    "billing_late",
    "billing_pay",
    "billing_pay_away",
    "billing_pay_back",
    "billing_payments",
    "invoice",
    "invoice_file",
    "invoices",
}
_OPEN_AFTER_END = {
    "settings_closing",
    "export",
    "invoices",
    "invoice",
    "invoice_file",
    "billing_account",
    "billing_late",
    "billing_pay",
    "billing_pay_away",
    "billing_pay_back",
    "billing_payments",
}


class MembershipMiddleware:
    """After authentication. A stranger, and a customer that does not exist, get the same answer.

    Membership, customer and sign-in rules are read afresh, so a suspension is felt with the next request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.membership = None  # type: ignore[attr-defined]  # our attributes on Django's request
        request.actor = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        opening = opening_of(request.session)
        if not request.META.get("SCRIPT_NAME", "").startswith("/c/"):
            return _outside(request, opening)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), public_url("account_login"))
        customer = request.customer  # type: ignore[attr-defined]
        memberships = active_memberships(person_id=request.user.pk, own=opening is None) if customer else []
        membership = next((each for each in memberships if each.customer_id == customer.id), None)
        entry = _entry(membership, opening)
        if membership is None or entry is Entry.STRANGER:
            raise Http404
        if entry is Entry.PROVIDER_GONE:
            logout(request)
            return redirect_to_login(request.get_full_path(), public_url("account_login"))
        known = memberships if opening is None else [membership]
        request.customers = [each.customer for each in known]  # type: ignore[attr-defined]
        return _inside(request, membership, entry)


def _entry(membership: Membership | None, opening: Opening | None) -> Entry:
    if membership is None:
        return Entry.STRANGER
    return judge_entry(
        membership.customer.sign_in,
        customer=membership.customer_id,
        role=membership.role,
        opening=opening,
        has_second_step=partial(has_second_step, membership.person_id),
    )


def _inside(request: HttpRequest, membership: Membership, entry: Entry) -> HttpResponseBase | None:
    """A member at the customer's door."""
    customer = membership.customer
    suspended = customer.status == Customer.Status.SUSPENDED
    if suspended and (answer := _while_suspended(request, membership)):
        return answer
    if page := _REFUSED.get(entry):
        context = {"customer": customer, "provider_id": customer.sign_in.provider}
        return render(request, page, context, status=403)
    over = customer.status == Customer.Status.ENDED
    if over and (answer := _after_end(request, membership)):
        return answer
    try:
        refuse_lagging(customer)
    except SchemaLags:
        return render(request, "503.html", status=503)
    request.membership = membership  # type: ignore[attr-defined]
    actor = actor_of_membership(membership)
    if over or suspended:
        left, pages = (AFTER_END, _OPEN_AFTER_END) if over else (WHILE_OWING, _OPEN_WHILE_OWING)
        actor = replace(actor, permissions=actor.permissions & left)
        request.open_pages = pages  # type: ignore[attr-defined]  # what menus may lead to; all where it is not set
    request.actor = actor  # type: ignore[attr-defined]
    person: Person = request.user  # type: ignore[assignment]
    if person.last_customer_id != membership.customer_id:
        remember_customer(actor=actor)
    today = clock.legal_date(clock.now())
    if customer.last_active_on is None or customer.last_active_on < today:
        note_activity(customer_id=customer.id, on=today)
    timezone.activate(zone_named(person.time_zone) or clock.legal_zone())
    return None


def _while_suspended(request: HttpRequest, membership: Membership) -> HttpResponseBase | None:
    """Nobody comes in, but for the pages on which what is overdue can be seen and paid (clauses C7, B15)."""
    suspension = suspension_of(membership.customer_id)
    owing = suspension is not None and suspension.ground == Ground.NON_PAYMENT
    may_pay = owing and bool(membership.permissions & WHILE_OWING)
    found = request.resolver_match
    if may_pay and found is not None and found.url_name in _OPEN_WHILE_OWING:
        return None
    context = {"customer": membership.customer, "suspension": suspension, "may_pay": may_pay}
    return render(request, "accounts/customer_suspended.html", context, status=403)


def _after_end(request: HttpRequest, membership: Membership) -> HttpResponseBase | None:
    """When the contract is over owners come to the export and the invoices, and nobody to anything else (clause C8)."""
    if "customer.end" not in membership.permissions:
        context = {"customer": membership.customer, "erasure": erasure_of(membership.customer_id)}
        return render(request, "accounts/customer_ended.html", context, status=403)
    found = request.resolver_match
    return redirect("settings_closing") if found is None or found.url_name not in _OPEN_AFTER_END else None


def _outside(request: HttpRequest, opening: Opening | None) -> HttpResponseBase | None:
    """The public site. What is a person's own stays shut to a session that a customer's provider opened.

    A provider could otherwise change somebody's password and come back as them, to every customer of theirs.
    """
    if opening is None or not request.user.is_authenticated:
        return None
    name = request.resolver_match.url_name if request.resolver_match else None
    if name in _BOTH:
        return None
    if name == "account_reauthenticate":
        again = urlencode({"again": "1", "next": request.GET.get("next", "")})
        return redirect(f"{public_url('provider_start', provider_id=opening.provider)}?{again}")
    customer = find_customer("id", opening.customer)
    if name == "customers" and customer is not None:
        return redirect(customer_url(customer.slug, "overview"))
    request.user = AnonymousUser()
    if request.path_info.startswith("/account/"):
        return render(request, "accounts/provider_session.html", {"customer": customer}, status=403)
    return None


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
        if has_second_step(request.user.pk):
            return None
        messages.warning(request, gettext("Set up two-step sign-in first: staff work with nothing less."))
        return redirect(public_url("mfa_index"))


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
