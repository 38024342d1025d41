"""Signing in through a customer's identity provider, at addresses that name the provider and so the customer."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.fernet import InvalidToken
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions.hear_provider import CodeAnswer, hear_provider
from accounts.actions.link_identity import link_identity
from accounts.actions.sign_in_with_provider import ConfirmationNeeded, sign_in_with_provider
from accounts.api.throttling import client_address, take_one
from accounts.forms.sign_in import ProviderSearchForm
from accounts.gateways.assertions import Assertion, AssertionRefused
from accounts.gateways.ciphers import cipher
from accounts.gateways.open_id import sign_in_address
from accounts.gateways.saml import our_metadata, sign_in_request
from accounts.models import IdentityProvider
from accounts.queries import actor_of_person
from accounts.queries.openings import remember_opening
from accounts.queries.sign_in import (
    described_provider,
    enabled_provider,
    open_id_client,
    provider_for_address,
    saml_provider,
)
from accounts.rules.entrance import SESSION_LASTS
from accounts.rules.sign_in import Opening, tells_of_second_step
from accounts.views import _cookies as cookies
from accounts.views._steps import confirm_first, person_of
from kernel import clock
from kernel.errors import NotFound, Refusal
from kernel.tenancy.urls import customer_url, public_url

_ASKED, _TO_LINK = "provider_asked", "provider_to_link"
_ANSWER_WITHIN = timedelta(minutes=10)
_BETWEEN_PAGES_SECONDS = 120
_ANSWERS_PER_MINUTE = 600  # a whole company comes from one address in the morning
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class TooManyAnswers(Refusal):
    code = "throttled"
    status = 429
    title = gettext_lazy("That is too many attempts. Wait a minute.")


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Where does this address sign in? The answer depends on its domain alone, not on whether it is known."""
    form = ProviderSearchForm(request.POST or None)
    if form.is_valid():
        provider = provider_for_address(form.cleaned_data["email"])
        if provider is not None:
            return redirect(_with_next("provider_entrance", provider, request.GET.get("next", "")))
        form.add_error("email", _("No sign-in of a customer is set up for this domain. Use your password, or a code."))
    return render(request, "accounts/provider_search.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
def entrance(request: HttpRequest, provider_id: str) -> HttpResponse:
    """A page of ours before the provider's: a form may not lead to another site, a link may."""
    provider = enabled_provider(provider_id)
    start_url = _with_next("provider_start", provider, request.GET.get("next", ""))
    return render(request, "accounts/provider_entrance.html", {"provider": provider, "start_url": start_url})


@require_safe
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider, with what its answer will be compared to left in this browser's session."""
    provider, again = enabled_provider(provider_id), "again" in request.GET
    asked: dict[str, Any] = {
        "provider": provider.id,
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(48),
        "next": _inside(provider, request.GET.get("next", "")),
        "again": again,
        "at": clock.now().timestamp(),
    }
    if provider.kind == IdentityProvider.Kind.SAML:
        address, asked["request"] = sign_in_request(saml_provider(provider), again=again)
    else:
        address = sign_in_address(
            open_id_client(provider),
            state=asked["state"],
            nonce=asked["nonce"],
            verifier=asked["verifier"],
            again=again,
        )
    request.session[_ASKED] = asked
    return redirect(address)


@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The answer of an OpenID provider."""
    now = clock.now()
    _limit(request, now)
    asked = _asked(request, provider_id, now)
    if not secrets.compare_digest(request.GET.get("state", "").encode(), asked["state"].encode()):
        raise AssertionRefused(_("The provider’s answer is for another sign-in."))
    if "code" not in request.GET:
        raise AssertionRefused(_("You have not been signed in there."))
    answer = CodeAnswer(request.GET["code"], asked["nonce"], asked["verifier"])
    assertion = hear_provider(provider_id=provider_id, answer=answer, now=now)
    return _arrive(request, provider_id, assertion, asked, now)


@csrf_exempt  # posted by the provider's page; who asked is compared in `finish`, where the session's cookie is sent
@sensitive_post_parameters()
@require_POST
def assertion_posted(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The answer of a SAML provider. It comes without our cookie, so it is taken along, encrypted, to `finish`."""
    now = clock.now()
    _limit(request, now)
    assertion = hear_provider(provider_id=provider_id, answer=request.POST.get("SAMLResponse", ""), now=now)
    carried = json.dumps({**asdict(assertion), "methods": sorted(assertion.methods)}).encode()
    answer = cipher(f"saml:{provider_id}").encrypt(carried).decode()
    return redirect(f"{public_url('provider_finish', provider_id=provider_id)}?{urlencode({'answer': answer})}")


@require_safe
def finish(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Only the browser that asked gets in, and once: what was asked is forgotten with the first answer."""
    now = clock.now()
    asked = _asked(request, provider_id, now)
    try:
        carried = cipher(f"saml:{provider_id}").decrypt(request.GET.get("answer", ""), ttl=_BETWEEN_PAGES_SECONDS)
    except InvalidToken as error:
        raise AssertionRefused from error
    told = json.loads(carried)
    assertion = Assertion(**{**told, "methods": frozenset(told["methods"])})
    if assertion.answers != asked.get("request"):
        raise AssertionRefused(_("The provider’s answer is not to a question of ours."))
    return _arrive(request, provider_id, assertion, asked, now)


@require_safe
def metadata(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Our own SAML metadata, which an administrator gives to the provider before it is switched on."""
    provider = described_provider(provider_id)
    return HttpResponse(our_metadata(saml_provider(provider)), content_type="application/samlmetadata+xml")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Somebody who is signed in by means of their own says that they are whom the provider means."""
    now = clock.now()
    asked = request.session.get(_TO_LINK)
    if not asked or asked["at"] < (now - _ANSWER_WITHIN).timestamp():
        raise NotFound
    if answer := confirm_first(request, now):
        return answer
    provider = enabled_provider(asked["provider"])
    if request.method != "POST":
        return render(request, "accounts/provider_confirm.html", {"provider": provider, "email": asked["email"]})
    del request.session[_TO_LINK]
    told = Assertion(subject=asked["subject"], email=asked["email"], name=asked["name"])
    link_identity(actor=actor_of_person(person_of(request)), provider_id=provider.id, assertion=told, now=now)
    return redirect(customer_url(provider.customer.slug, "overview"))


def _arrive(
    request: HttpRequest, provider_id: str, assertion: Assertion, asked: dict[str, Any], now: datetime
) -> HttpResponse:
    try:
        identity = sign_in_with_provider(provider_id=provider_id, assertion=assertion, now=now)
    except ConfirmationNeeded:
        request.session[_TO_LINK] = {
            "provider": provider_id,
            "subject": assertion.subject,
            "email": assertion.email,
            "name": assertion.name,
            "at": now.timestamp(),
        }
        return redirect(public_url("provider_confirm"))
    request.session.flush()  # nothing of an earlier sign-in may lend its rights to this one
    person = identity.membership.person
    login(request, person, _BACKEND)
    request.session.set_expiry(now + SESSION_LASTS)
    by_two = tells_of_second_step(assertion.methods)
    shown_at = _shown_at(assertion, asked, now)
    opening = Opening(provider_id, identity.membership.customer_id, second_step=by_two, at=shown_at)
    remember_opening(request.session, opening)
    response = redirect(asked["next"])
    cookies.remember_preferences(response, person)
    cookies.remember_method(request, response, "sso")
    return response


def _shown_at(assertion: Assertion, asked: dict[str, Any], now: datetime) -> float:
    """When they last showed who they are. A provider that remembers somebody lets in whoever sits at the browser: what
    it does not tell the time of counts only where it was told to ask again.
    """
    if assertion.shown_at is not None:
        return min(assertion.shown_at, now.timestamp())
    return now.timestamp() if asked.get("again") else 0.0


def _asked(request: HttpRequest, provider_id: str, now: datetime) -> dict[str, Any]:
    """What this browser asked of this provider; can be taken once."""
    asked: dict[str, Any] | None = request.session.pop(_ASKED, None)
    if not asked or asked["provider"] != provider_id or asked["at"] < (now - _ANSWER_WITHIN).timestamp():
        raise AssertionRefused(_("This sign-in was not begun here, or too long ago. Begin again."))
    return asked


def _limit(request: HttpRequest, now: datetime) -> None:
    left = take_one(f"sign-in:{client_address(request)}", limit=_ANSWERS_PER_MINUTE, now=now)
    if left is not None and left.exceeded:
        raise TooManyAnswers


def _with_next(name: str, provider: IdentityProvider, wanted: str) -> str:
    return f"{public_url(name, provider_id=provider.id)}?{urlencode({'next': _inside(provider, wanted)})}"


def _inside(provider: IdentityProvider, wanted: str) -> str:
    """`wanted` where it lies in the provider's own customer's portal; its overview otherwise."""
    home = customer_url(provider.customer.slug, "overview")
    return wanted if wanted.startswith(home) and url_has_allowed_host_and_scheme(wanted, None) else home
