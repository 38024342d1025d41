"""Pages of which every button posts its name as `action`: from the name to the step, and back to the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import Person
from accounts.queries.openings import opening_of
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal

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


def signed_in_lately(request: HttpRequest, now: datetime) -> bool:
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    if opening := opening_of(request.session):  # by a provider, which is asked again where this is too long ago
        moments.append(opening.at)
    return any(now.timestamp() - at < _CONFIRM_AFTER.total_seconds() for at in moments)
