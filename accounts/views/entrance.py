"""Signing up, joining and choosing a customer on the public site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from allauth.account.views import SignupView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions._invitations import AlreadyMember
from accounts.actions.accept_invitation import accept_invitation
from accounts.actions.open_customer import STAYS_AN_APPLICATION
from accounts.forms import CustomerFields, JoinForm, PlanPrice, SignUpForm
from accounts.models import Customer, Person
from accounts.queries import (
    active_memberships,
    actor_of_person,
    has_account,
    has_confirmed_address,
    invitation_for,
    offered_invitation,
)
from accounts.queries.documents import documents_in_force
from accounts.views._cookies import remembered_country
from accounts.views._steps import person_of, show
from kernel import clock
from kernel.errors import NotFound, Refusal
from kernel.tenancy.urls import customer_url, public_url


@login_required
@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """For whom? Straight on for people who have one customer; the one they worked for last comes first."""
    person = person_of(request)
    found = active_memberships(person_id=person.pk)
    if len(found) == 1:
        return redirect(customer_url(found[0].customer.slug, "overview"))
    found.sort(key=lambda each: each.customer_id != person.last_customer_id)
    return render(request, "accounts/customers.html", {"memberships": found, "last": person.last_customer_id})


class _EntranceView(SignupView):
    """allauth's sign-up with our page, which answers 422 to what does not fit."""

    def form_invalid(self, form: Form) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class SignUpView(_EntranceView):
    """A new person and the customer they open."""

    template_name = "accounts/sign_up.html"

    def get_form_class(self) -> type[SignUpForm]:
        return SignUpForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), **_offered(self.request)}

    def get_initial(self) -> dict[str, Any]:
        country = remembered_country(self.request)
        return {**super().get_initial(), "plan": self.request.GET.get("plan", ""), "country": country}


_sign_up = SignUpView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Become a customer: with a new sign-in, or as somebody who is signed in already."""
    if not request.user.is_authenticated:
        return _sign_up(request)
    chosen = {"plan": request.GET.get("plan", ""), "country": person_of(request).country or remembered_country(request)}
    form = CustomerFields(request.POST or None, initial=chosen, **_offered(request))
    if form.is_valid():
        try:
            application = form.apply(person_of(request))
        except Refusal as refusal:
            show(refusal, form)
        else:
            if application.customer is None and has_confirmed_address(actor_of_person(person_of(request))):
                messages.warning(request, STAYS_AN_APPLICATION)
            return redirect(_first_page(application.customer))
    return render(request, "accounts/sign_up.html", {"form": form}, status=422 if form.is_bound else 200)


def _first_page(customer: Customer | None) -> str:
    return customer_url(customer.slug, "overview") if customer else public_url("customers")


def _offered(request: HttpRequest) -> dict[str, Any]:
    """The plans and the legal documents of today, for the country that was chosen and in the reader's language."""
    country, language = request.POST.get("country", ""), get_language() or ""
    today = clock.legal_date(clock.now())
    price_list: Callable[[date], Sequence[PlanPrice]] = import_string(settings.PRICE_LIST)
    return {"plans": price_list(today), "documents": documents_in_force(today, country=country, language=language)}


class JoinView(_EntranceView):
    """A new person takes up an invitation. Holding its link shows that the mailbox is theirs."""

    template_name = "accounts/invitation.html"

    def get_form_class(self) -> type[JoinForm]:
        return JoinForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "secret": self.kwargs["secret"]}

    def get_initial(self) -> dict[str, Any]:
        return {"email": self.kwargs["invitation"].email}

    def get_success_url(self) -> str:
        return _first_page(self.kwargs["invitation"].customer)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(invitation=self.kwargs["invitation"], **context)


_join = JoinView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Look at an invitation and accept it; who has no sign-in yet gets one here."""
    now = clock.now()
    try:
        if request.user.is_authenticated:
            return _accept(request, person_of(request), secret, now)
        offer = offered_invitation(secret=secret, now=now)
    except NotFound:
        return render(request, "accounts/invitation.html", {"invitation": None}, status=404)
    if has_account(offer.email):
        return redirect_to_login(request.get_full_path(), public_url("account_login"))
    return _join(request, secret=secret, invitation=offer)


def _accept(request: HttpRequest, person: Person, secret: str, now: datetime) -> HttpResponse:
    actor = actor_of_person(person)
    if request.method != "POST":
        offer = invitation_for(actor=actor, secret=secret, now=now)
        return render(request, "accounts/invitation.html", {"invitation": offer, "form": Form()})
    try:
        membership = accept_invitation(actor=actor, secret=secret, now=now)
    except AlreadyMember as refusal:
        messages.info(request, str(refusal.detail))
        return redirect("customers")
    return redirect(_first_page(membership.customer))


@require_safe
def staff_entrance(request: HttpRequest) -> HttpResponse:
    """Staff sign in at the common door, with all its steps. Who is inside already and comes here is no staff."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", "/staff/"), public_url("account_login"))
