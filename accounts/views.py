"""People and API tokens in a customer's portal; signing up, joining and choosing a customer on the public site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
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
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.accept_invitation import accept_invitation
from accounts.actions.change_role import change_role
from accounts.actions.create_api_token import create_api_token
from accounts.actions.end_membership import end_membership
from accounts.actions.invite_member import AlreadyMember, invite_member
from accounts.actions.restore_member import restore_member
from accounts.actions.revoke_api_token import revoke_api_token
from accounts.actions.revoke_invitation import revoke_invitation
from accounts.actions.suspend_member import suspend_member
from accounts.forms import ApiTokenForm, CustomerFields, InviteForm, JoinForm, PlanPrice, SignUpForm
from accounts.models import Customer, Person
from accounts.queries import (
    active_memberships,
    actor_of_person,
    api_tokens_of,
    has_account,
    invitation_for,
    members_of,
    offered_invitation,
    open_invitations_of,
)
from accounts.rules.permissions import Role
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput, NotFound, Refusal
from kernel.tenancy.urls import customer_url, public_url

_CONFIRM_AFTER = timedelta(hours=1)


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Members and invitations; every button posts its name as `action`."""
    now = clock.now()
    if request.method == "POST":
        return _act(request, _PEOPLE_ACTIONS, now)
    return _people_page(request, InviteForm(owner=_actor(request).may("owner.appoint")), now)


@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The customer's API tokens."""
    now = clock.now()
    if request.method == "POST":
        return _act(request, _TOKEN_ACTIONS, now)
    return _tokens_page(request, ApiTokenForm(permissions=_actor(request).permissions), now)


Step = Callable[[HttpRequest, Actor, datetime], HttpResponse | None]


def _act(request: HttpRequest, steps: dict[str, Step], now: datetime) -> HttpResponse:
    """Take the step named by `action`: its own answer, or back to the page with a message."""
    step = steps.get(request.POST.get("action", ""))
    if step is None:
        raise NotFound
    try:
        answer = step(request, _actor(request), now)
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
        answer = None
    return answer or redirect(request.path)


def _posted(request: HttpRequest, name: str) -> str:
    """The id in a button's form. PostgreSQL can hold no text with a NUL, so there is nothing by such an id."""
    value = request.POST.get(name, "")
    if "\0" in value:
        raise NotFound
    return value


def _person(request: HttpRequest) -> Person:
    return request.user  # type: ignore[return-value]  # the view has made sure that somebody is signed in


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


# --- People --------------------------------------------------------------------------------------------------------


def _people_page(request: HttpRequest, form: InviteForm, now: datetime, *, status: int = 200) -> HttpResponse:
    actor = _actor(request)
    context = {
        "members": members_of(actor),
        "invitations": open_invitations_of(actor, now=now),
        "form": form if actor.may("member.manage") else None,
        "roles": form.roles,
    }
    return render(request, "accounts/people.html", context, status=status)


def _invite(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = InviteForm(request.POST, owner=actor.may("owner.appoint"))
    if form.is_valid():
        asked = form.cleaned_data
        try:
            invite_member(actor=actor, email=asked["email"], role=Role(asked["role"]), now=now)
        except Refusal as refusal:
            _show(refusal, form)
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": asked["email"]})
            return None
    return _people_page(request, form, now, status=422)


def _show(refusal: Refusal, form: Form) -> None:
    """Show a refusal at the fields it names; permissions and strangers' things are not for forms."""
    if isinstance(refusal, NotFound | Forbidden):
        raise refusal
    for error in refusal.errors:
        form.add_error(error.pointer.strip("/") or None, error.detail)
    if not refusal.errors:
        form.add_error(None, str(refusal.detail))


def _withdraw(request: HttpRequest, actor: Actor, now: datetime) -> None:
    revoke_invitation(actor=actor, invitation_id=_posted(request, "invitation"), now=now)
    messages.success(request, _("The invitation no longer works."))


def _suspend(request: HttpRequest, actor: Actor, now: datetime) -> None:
    member = suspend_member(actor=actor, membership_id=_posted(request, "member"), now=now)
    messages.success(request, _("%(name)s is suspended, and so are the tokens they made.") % {"name": member})


def _restore(request: HttpRequest, actor: Actor, now: datetime) -> None:
    member = restore_member(actor=actor, membership_id=_posted(request, "member"), now=now)
    messages.success(request, _("%(name)s can work again.") % {"name": member})


def _end(request: HttpRequest, actor: Actor, now: datetime) -> None:
    member = end_membership(actor=actor, membership_id=_posted(request, "member"), now=now)
    messages.success(request, _("%(name)s has no access any more.") % {"name": member})


def _change_role(request: HttpRequest, actor: Actor, now: datetime) -> None:
    role = request.POST.get("role", "")
    if role not in set(Role):
        raise InvalidInput
    member = change_role(actor=actor, membership_id=_posted(request, "member"), role=Role(role), now=now)
    messages.success(request, _("The role of %(name)s is changed.") % {"name": member})


_PEOPLE_ACTIONS: dict[str, Step] = {
    "invite": _invite,
    "withdraw": _withdraw,
    "role": _change_role,
    "suspend": _suspend,
    "restore": _restore,
    "end": _end,
}


# --- API tokens ----------------------------------------------------------------------------------------------------


def _tokens_page(
    request: HttpRequest, form: ApiTokenForm, now: datetime, *, new_token: object = None, status: int = 200
) -> HttpResponse:
    context = {"tokens": api_tokens_of(_actor(request)), "form": form, "new_token": new_token, "now": now}
    return render(request, "accounts/api_tokens.html", context, status=status)


@sensitive_variables("secret", "new_token")
def _create_token(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    """Shown in the answer itself and not after a redirect: on the way there it would have to be stored."""
    if not _signed_in_lately(request, now):
        messages.info(request, _("Please confirm that it is you before you make a token."))
        return redirect(f"{public_url('account_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
    form = ApiTokenForm(request.POST, permissions=actor.permissions)
    if not form.is_valid():
        return _tokens_page(request, form, now, status=422)
    asked = form.cleaned_data
    token, secret = create_api_token(
        actor=actor,
        name=asked["name"],
        live=asked["mode"] == "live",
        scopes=frozenset(asked["scopes"]),
        lifetime_days=asked["lifetime_days"],
        now=now,
    )
    new_token = {"name": token.name, "live": token.live, "secret": secret}
    return _tokens_page(request, ApiTokenForm(permissions=actor.permissions), now, new_token=new_token, status=201)


def _signed_in_lately(request: HttpRequest, now: datetime) -> bool:
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    return any(now.timestamp() - at < _CONFIRM_AFTER.total_seconds() for at in moments)


def _revoke_token(request: HttpRequest, actor: Actor, now: datetime) -> None:
    revoke_api_token(actor=actor, token_id=_posted(request, "token"), now=now)
    messages.success(request, _("The token is revoked. Programs that use it are refused from now on."))


_TOKEN_ACTIONS: dict[str, Step] = {"create": _create_token, "revoke": _revoke_token}


# --- The public site -----------------------------------------------------------------------------------------------


@login_required
@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """For whom? Straight on for people who have one customer."""
    found = [each.customer for each in active_memberships(person_id=_person(request).pk)]
    if len(found) == 1:
        return redirect(customer_url(found[0].slug, "overview"))
    return render(request, "accounts/customers.html", {"customers": found})


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
        return {**super().get_form_kwargs(), "plans": _plans()}

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "plan": self.request.GET.get("plan", "")}


_sign_up = SignUpView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Become a customer: with a new sign-in, or as somebody who is signed in already."""
    if not request.user.is_authenticated:
        return _sign_up(request)
    form = CustomerFields(request.POST or None, plans=_plans(), initial={"plan": request.GET.get("plan", "")})
    if form.is_valid():
        try:
            application = form.apply(_person(request))
        except Refusal as refusal:
            _show(refusal, form)
        else:
            return redirect(_first_page(application.customer))
    return render(request, "accounts/sign_up.html", {"form": form}, status=422 if form.is_bound else 200)


def _first_page(customer: Customer | None) -> str:
    return customer_url(customer.slug, "overview") if customer else public_url("customers")


def _plans() -> Sequence[PlanPrice]:
    price_list: Callable[[date], Sequence[PlanPrice]] = import_string(settings.PRICE_LIST)
    return price_list(clock.legal_date(clock.now()))


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
            return _accept(request, _person(request), secret, now)
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
