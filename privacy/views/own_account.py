"""A person erases their own account, takes that back, or keeps an account that belongs to no customer (clause D3)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.ask_deletion import ask_deletion
from accounts.actions.keep_account import keep_account
from accounts.queries import actor_of_person
from accounts.queries.leavers import leaver, memberships_to_leave
from accounts.rules.people import Leaving
from accounts.views._steps import confirm_first, person_of, posted
from kernel import clock
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from privacy.catalogue import RULE
from privacy.queries.restrictions import restrictions_of_person
from privacy.rules.retention import due_on

_RULES = {Leaving.LEFT: RULE["person"], Leaving.UNFINISHED: RULE["unfinished_account"]}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deletion(request: HttpRequest) -> HttpResponse:
    """What happens and when, before it is done; and the way back until then."""
    now = clock.now()
    if request.method == "POST":
        step = {"erase": _erase, "keep": _keep}.get(request.POST.get("action", ""))
        if step is None:
            raise NotFound
        return step(request, now)
    return render(request, "privacy/own_account.html", _context(request, now))


def _context(request: HttpRequest, now: datetime) -> dict[str, object]:
    person = person_of(request)
    standing = leaver(person.pk)
    members = memberships_to_leave(person.pk)
    return {
        "staff": person.is_staff,
        "restriction": restrictions_of_person(person.pk).last(),
        "members": members,
        "in_the_way": [member for member in members if member.only_owner],  # type: ignore[attr-defined]  # annotated
        "would_be_erased_on": due_on(RULE["person"], legal_date(now)),
        "asked": person.deletion_asked_at is not None and not members,
        "left": standing is not None and standing.leaving is Leaving.LEFT,
        "erased_on": due_on(_RULES[standing.leaving], legal_date(standing.since)) if standing else None,
    }


def _erase(request: HttpRequest, now: datetime) -> HttpResponse:
    if (answer := confirm_first(request, now)) is not None:
        return answer
    person = person_of(request)
    if posted(request, "email").strip().lower() != person.email.lower():
        messages.error(request, _("This is not the e-mail address of your account, so nothing was changed."))
        return redirect(request.path)
    erased_on = due_on(RULE["person"], legal_date(now))
    try:
        ask_deletion(actor=actor_of_person(person), person_id=person.pk, erased_on=erased_on, now=now)
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("You belong to no customer any more. We have written to you on which day it goes."))
    return redirect(request.path)


def _keep(request: HttpRequest, now: datetime) -> HttpResponse:
    keep_account(actor=actor_of_person(person_of(request)), now=now)
    messages.success(request, _("Your account is kept. To work for a customer again you need an invitation."))
    return redirect(request.path)
