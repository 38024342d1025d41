"""The API tokens of a customer."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.actions.create_api_token import create_api_token
from accounts.actions.limit_api_token import limit_api_token
from accounts.actions.revoke_api_token import revoke_api_token
from accounts.actions.rotate_api_token import rotate_api_token
from accounts.forms import ApiTokenForm, LimitTokenForm, RotateTokenForm
from accounts.queries import api_tokens_of
from accounts.views._steps import Step, act, actor_of, confirm_first, posted, show
from kernel import clock
from kernel.actor import Actor
from kernel.errors import InvalidInput, Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The customer's API tokens."""
    now = clock.now()
    if request.method == "POST":
        return act(request, _TOKEN_ACTIONS, now)
    return _tokens_page(request, ApiTokenForm(permissions=actor_of(request).permissions), now)


def _tokens_page(
    request: HttpRequest, form: ApiTokenForm, now: datetime, *, new_token: object = None, status: int = 200
) -> HttpResponse:
    context = {
        "tokens": api_tokens_of(actor_of(request)),
        "form": form,
        "rotation": RotateTokenForm(),
        "new_token": new_token,
        "now": now,
    }
    return render(request, "accounts/api_tokens.html", context, status=status)


@sensitive_variables("secret", "new_token")
def _create_token(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    """Shown in the answer itself and not after a redirect: on the way there it would have to be stored."""
    if answer := confirm_first(request, now):
        return answer
    form = ApiTokenForm(request.POST, permissions=actor.permissions)
    if not form.is_valid():
        return _tokens_page(request, form, now, status=422)
    asked = form.cleaned_data
    try:
        token, secret = create_api_token(
            actor=actor,
            name=asked["name"],
            live=asked["mode"] == "live",
            scopes=frozenset(asked["scopes"]),
            networks=asked["networks"],
            lifetime_days=asked["lifetime_days"],
            now=now,
        )
    except Refusal as refusal:
        show(refusal, form)
        return _tokens_page(request, form, now, status=422)
    new_token = {"name": token.name, "live": token.live, "secret": secret}
    return _tokens_page(request, ApiTokenForm(permissions=actor.permissions), now, new_token=new_token, status=201)


@sensitive_variables("secret", "new_token")
def _rotate_token(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    if answer := confirm_first(request, now):
        return answer
    form = RotateTokenForm(request.POST)
    if not form.is_valid():
        raise InvalidInput
    token, secret = rotate_api_token(
        actor=actor, token_id=posted(request, "token"), overlap_days=form.cleaned_data["overlap_days"], now=now
    )
    new_token = {"name": token.name, "live": token.live, "secret": secret, "old_until": token.former_until}
    return _tokens_page(request, ApiTokenForm(permissions=actor.permissions), now, new_token=new_token, status=201)


def _limit_token(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    if answer := confirm_first(request, now):
        return answer
    form = LimitTokenForm(request.POST)
    if not form.is_valid():
        raise InvalidInput
    token_id = posted(request, "token")
    limit_api_token(actor=actor, token_id=token_id, networks=form.cleaned_data["networks"], now=now)
    messages.success(request, _("From now on the token is taken from there only."))
    return None


def _revoke_token(request: HttpRequest, actor: Actor, now: datetime) -> None:
    revoke_api_token(actor=actor, token_id=posted(request, "token"), now=now)
    messages.success(request, _("The token is revoked. Programs that use it are refused from now on."))


_TOKEN_ACTIONS: dict[str, Step] = {
    "create": _create_token,
    "rotate": _rotate_token,
    "limit": _limit_token,
    "revoke": _revoke_token,
}
