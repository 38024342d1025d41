"""The sign-in rules of a customer: second step, domains, identity provider, provisioning."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.actions.change_sign_in_rules import change_sign_in_rules
from accounts.actions.claim_email_domain import claim_email_domain
from accounts.actions.configure_provider import configure_provider
from accounts.actions.create_api_token import create_api_token
from accounts.actions.release_email_domain import release_email_domain
from accounts.actions.remove_provider import remove_provider
from accounts.forms.sign_in import KINDS, DomainForm, ProviderForm, SignInRulesForm
from accounts.gateways.assertions import AssertionRefused
from accounts.gateways.open_id import discover
from accounts.models import IdentityProvider
from accounts.queries.sign_in import email_domains_of, linked_members, our_address, provider_of, sign_in_rules_of
from accounts.views._steps import Step, act, actor_of, confirm_first, posted, show
from kernel import clock
from kernel.actor import Actor
from kernel.errors import NotFound, Outage, Refusal
from kernel.tenancy.urls import public_url


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """How members sign in; every button posts its name as `action`."""
    now = clock.now()
    if request.method != "POST":
        return _page(request)
    actor_of(request).require("customer.manage")
    saying = _("Please confirm that it is you before you change how people sign in.")
    return confirm_first(request, now, saying=saying) or act(request, _STEPS, now)


def _page(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    actor = actor_of(request)
    provider = provider_of(actor)
    kind = provider.kind if provider else request.GET.get("kind", "")
    context = {
        "provider": provider,
        "kinds": KINDS,
        "kind": kind,
        "kind_name": KINDS.get(kind, ""),
        "domains": email_domains_of(actor),
        "linked": linked_members(provider) if provider else 0,
        "addresses": _addresses(provider),
        "scim_url": f"{settings.BASE_URL}{public_url('scim')}",
        "rules_form": SignInRulesForm(rules=sign_in_rules_of(actor)),
        "domain_form": DomainForm(),
        "provider_form": ProviderForm(kind=kind, provider=provider, prefix="provider") if kind in KINDS else None,
        **forms,
    }
    return render(request, "accounts/sign_in_rules.html", context, status=status)


def _addresses(provider: IdentityProvider | None) -> list[tuple[str, str, str]]:
    """Our own addresses, as the provider's side calls them, with ids for the page."""
    if provider is None:
        return []
    if provider.kind == IdentityProvider.Kind.OIDC:
        return [("redirect", _("Redirect URI"), our_address("provider_callback", provider))]
    entity = our_address("provider_metadata", provider)
    return [
        ("entity", _("Identifier (entity ID)"), entity),
        ("reply", _("Reply URL (assertion consumer service)"), our_address("provider_assertion", provider)),
        ("metadata", _("Our metadata"), entity),
    ]


def _change_rules(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = SignInRulesForm(request.POST, rules=sign_in_rules_of(actor))
    if form.is_valid():
        try:
            change_sign_in_rules(actor=actor, **form.asked(), now=now)
        except Refusal as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The rules hold from now on, for everybody’s next click."))
            return None
    return _page(request, rules_form=form, status=422)


def _configure(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    provider = provider_of(actor)
    kind = provider.kind if provider else request.POST.get("kind", "")
    if kind not in KINDS:
        raise NotFound
    form = ProviderForm(request.POST, kind=kind, provider=provider, prefix="provider")
    if form.is_valid():
        try:
            configure_provider(actor=actor, settings=form.asked(), now=now)
        except Refusal as refusal:
            show(refusal, form)
        except Outage as outage:
            form.add_error(None, str(outage.detail))
        else:
            messages.success(request, _("The identity provider is saved."))
            return None
    return _page(request, provider_form=form, kind=kind, kind_name=KINDS[kind], status=422)


def _check(request: HttpRequest, actor: Actor, now: datetime) -> None:
    provider = provider_of(actor)
    if provider is None or provider.kind != IdentityProvider.Kind.OIDC or not provider.issuer:
        raise NotFound
    try:
        discover(provider.issuer)
    except (Outage, AssertionRefused) as reason:
        messages.error(request, str(reason.detail))
    else:
        messages.success(request, _("The provider answers, and describes itself as expected."))


def _remove(request: HttpRequest, actor: Actor, now: datetime) -> None:
    remove_provider(actor=actor, now=now)
    messages.success(request, _("The identity provider is removed. Sessions that it opened are over."))


def _claim(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            claim_email_domain(actor=actor, name=form.cleaned_data["name"], now=now)
        except Refusal as refusal:
            show(refusal, form)
        else:
            return None
    return _page(request, domain_form=form, status=422)


def _release(request: HttpRequest, actor: Actor, now: datetime) -> None:
    release_email_domain(actor=actor, domain_id=posted(request, "domain"), now=now)
    messages.success(request, _("The domain is given up."))


@sensitive_variables("secret")
def _make_token(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    """Shown in the answer itself and not after a redirect: on the way there it would have to be stored."""
    scopes = frozenset({"member.provision"})
    _token, secret = create_api_token(actor=actor, name=_("Provisioning (SCIM)"), live=True, scopes=scopes, now=now)
    return _page(request, new_token=secret, status=201)


_STEPS: dict[str, Step] = {
    "rules": _change_rules,
    "provider": _configure,
    "check": _check,
    "remove": _remove,
    "claim": _claim,
    "release": _release,
    "token": _make_token,
}
