"""Pages of which every button posts its name as `action`: from the name to the step, and back to the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Person
from accounts.queries.openings import opening_of
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.tenancy.urls import public_url

_CONFIRM_AFTER = timedelta(hours=1)
Step = Callable[[HttpRequest, Actor, datetime], HttpResponse | None]


def act(request: HttpRequest, steps: dict[str, Step], now: datetime) -> HttpResponse:
    """Take the step named by `action`: its own answer, or back to the page with a message."""
    step = steps.get(request.POST.get("action", ""))
    if step is None:
        raise NotFound
    try:
        answer = step(request, actor_of(request), now)
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
        answer = None
    return answer or redirect(request.path)


def posted(request: HttpRequest, name: str) -> str:
    """The id in a button's form. PostgreSQL can hold no text with a NUL, so there is nothing by such an id."""
    value = request.POST.get(name, "")
    if "\0" in value:
        raise NotFound
    return value


def person_of(request: HttpRequest) -> Person:
    return request.user  # type: ignore[return-value]  # the view has made sure that somebody is signed in


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


def show(refusal: Refusal, form: Form) -> None:
    """Show a refusal at the fields it names; permissions and strangers' things are not for forms."""
    if isinstance(refusal, NotFound | Forbidden):
        raise refusal
    for error in refusal.errors:
        form.add_error(error.pointer.strip("/") or None, error.detail)
    if not refusal.errors:
        form.add_error(None, str(refusal.detail))


def confirm_first(request: HttpRequest, now: datetime, *, saying: str = "", back: str = "") -> HttpResponse | None:
    """None when the person has shown within the hour that it is they; else the way to do so, and back to this page.

    For sensitive acts, as the first line of their step. What was posted is not kept, and the message says so. Who came
    through a customer's provider is sent there again; who has neither password nor second step of their own, because a
    code signs them in, signs in again. `saying` is another message, `back` another page to come back to.
    """
    if signed_in_lately(request, now):
        return None
    back = back or request.get_full_path()
    said = saying or _("Please show first that it is you.")
    if request.method == "POST" and not saying:
        said = _("Please show first that it is you. Nothing has been done yet: you come back here to do it.")
    messages.info(request, said)
    person = person_of(request)
    if opening_of(request.session) or person.has_usable_password() or is_mfa_enabled(person):
        return redirect(f"{public_url('account_reauthenticate')}?{urlencode({'next': back})}")
    sign_in = f"{public_url('account_login')}?{urlencode({'next': back})}"
    return redirect(f"{public_url('account_logout')}?{urlencode({'next': sign_in})}")


def signed_in_themself(request: HttpRequest) -> bool:
    """Whether the person has signed in by means of their own, and not by the word of a customer's provider."""
    return opening_of(request.session) is None


def signed_in_lately(request: HttpRequest, now: datetime) -> bool:
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    if opening := opening_of(request.session):  # by a provider, which is asked again where this is too long ago
        moments.append(opening.at)
    return any(now.timestamp() - at < _CONFIRM_AFTER.total_seconds() for at in moments)
