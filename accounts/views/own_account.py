"""A person's own account beside allauth's pages: preferences, language, sessions, and who must show who they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import email as allauth_email
from allauth.account.views import password_set as allauth_password_set
from allauth.mfa.totp.views import activate_totp as allauth_activate_totp
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import add_webauthn as allauth_add_webauthn
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language as django_set_language

from accounts.actions.change_preferences import change_preferences
from accounts.actions.end_sessions import end_sessions
from accounts.forms.preferences import ChoicesForm, PreferencesForm
from accounts.queries import actor_of_person
from accounts.views import _cookies as cookies
from accounts.views._steps import confirm_first, person_of, posted
from kernel import clock
from kernel.errors import NotFound
from kernel.tenancy.urls import public_url

Page = Callable[..., HttpResponseBase]


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What somebody has chosen: kept with the person, and for strangers in their browser, for 12 months."""
    form = _form(request)
    if not form.is_valid():
        context = {"form": form, "now": clock.now()}
        return render(request, "account/preferences.html", context, status=422 if form.is_bound else 200)
    chosen = form.cleaned_data
    if request.user.is_authenticated:
        change_preferences(actor=actor_of_person(person_of(request)), now=clock.now(), **chosen)
    with translation.override(chosen["language"]):
        messages.success(request, _("Your choices are kept."))
    response = redirect("preferences")
    cookies.remember_language(response, chosen["language"])
    cookies.remember(response, cookies.COUNTRY, chosen["country"])
    cookies.remember(response, cookies.TIME_ZONE, chosen["time_zone"])
    return response


def _form(request: HttpRequest) -> ChoicesForm:
    if request.user.is_authenticated:
        person = person_of(request)
        initial = {name: getattr(person, name) for name in ("name", "country", "time_zone")}
        form: type[ChoicesForm] = PreferencesForm
    else:
        zone = cookies.remembered_zone(request)
        initial = {"country": cookies.remembered_country(request), "time_zone": zone.key if zone else ""}
        form = ChoicesForm
    return form(request.POST or None, initial={**initial, "language": translation.get_language()})


def set_language(request: HttpRequest) -> HttpResponse:
    """Django's own choice of a language, kept with the person too, whom it follows to other browsers."""
    response: HttpResponse = django_set_language(request)
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen and translation.check_for_language(chosen):
        change_preferences(actor=actor_of_person(person_of(request)), language=chosen, now=clock.now())
    return response


class SessionsView(ListUserSessionsView):
    """allauth's list, in which one session can be ended, or all of them."""

    http_method_names = ("get", "head", "post", "options")

    def post(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        actor, now, here = actor_of_person(person_of(request)), clock.now(), request.session.session_key or ""
        if which := posted(request, "session"):
            if not which.isdecimal():
                raise NotFound
            end_sessions(actor=actor, session_id=int(which), but=here, now=now)
            messages.success(request, _("That browser is signed out."))
            return redirect(request.path)
        if posted(request, "everywhere"):
            end_sessions(actor=actor, but=here, now=now)
            get_adapter(request).logout(request)
            return redirect(public_url("account_login"))
        count = end_sessions(actor=actor, but=here, now=now)
        said = ngettext("%(count)d other browser is signed out.", "%(count)d other browsers are signed out.", count)
        messages.success(request, said % {"count": count})
        return redirect(request.path)


def _freshly(page: Page) -> Page:
    """A page of allauth for those whom it cannot ask for a password or second step, because they have none.

    It would let them through; here they have to have signed in lately (confirm_first).
    """

    @wraps(page)
    def asked(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            person = person_of(request)
            if not person.has_usable_password() and not is_mfa_enabled(person):
                answer = confirm_first(request, clock.now())
                if answer is not None:
                    return answer
        return page(request, *args, **options)

    return asked


sessions = SessionsView.as_view()
email = _freshly(allauth_email)
password_set = _freshly(allauth_password_set)
activate_totp = _freshly(allauth_activate_totp)
add_passkey = _freshly(allauth_add_webauthn)
