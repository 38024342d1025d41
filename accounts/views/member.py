"""One member: role, what they see, their tokens and work, and the end of their access; and leaving by oneself."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.change_member_visibility import change_member_visibility
from accounts.actions.change_role import change_role
from accounts.actions.end_membership import end_membership
from accounts.actions.leave_customer import leave_customer
from accounts.actions.restore_member import restore_member
from accounts.actions.suspend_member import suspend_member
from accounts.actions.transfer_ownership import MemberNotConfirmed, transfer_ownership
from accounts.forms.people import role_choices
from accounts.queries.people import member_of, tokens_made_by
from accounts.rules.permissions import Role, permissions_of
from accounts.views._steps import Step, act, actor_of, confirm_first, posted
from kernel import clock
from kernel.actor import Actor
from kernel.errors import InvalidInput
from kernel.tenancy.urls import public_url

_SEES: dict[str, bool | None] = {"": None, "own": False, "all": True}


@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, membership_id: str) -> HttpResponse:
    """One member; every button posts its name as `action`."""
    now = clock.now()
    if request.method == "POST":
        steps: dict[str, Step] = {name: partial(step, membership_id) for name, step in _STEPS.items()}
        return act(request, steps, now)
    actor = actor_of(request)
    shown = member_of(actor, membership_id, now=now)
    context = {
        "member": shown,
        "is_oneself": shown.id == actor.id,
        "changeable": actor.may("member.manage") and shown.id != actor.id and shown.status != "ended",
        "owner_needed": shown.role == Role.OWNER and not actor.may("owner.appoint"),
        "heir": actor.may("owner.appoint") and shown.status == "active" and shown.role != Role.OWNER,
        "roles": role_choices(owner=actor.may("owner.appoint")),
        "role_permissions": sorted(permissions_of(shown.role) - {"seal.read", "seal.read_all"}),
        "tokens": tokens_made_by(actor, membership_id),
        "now": now,
    }
    return render(request, "accounts/member.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """A member goes; what that means, before it is done."""
    if request.method == "POST":
        return act(request, {"leave": _leave}, clock.now())
    return render(request, "accounts/leave.html")


def _leave(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    leave_customer(actor=actor, confirmed_name=posted(request, "name"), now=now)
    messages.success(request, _("You are no longer a member. Your sign-in stays for now."))
    return redirect(public_url("customers"))


def _suspend(membership_id: str, request: HttpRequest, actor: Actor, now: datetime) -> None:
    changed = suspend_member(actor=actor, membership_id=membership_id, now=now)
    messages.success(request, _("%(name)s is suspended, and so are the tokens they made.") % {"name": changed})


def _restore(membership_id: str, request: HttpRequest, actor: Actor, now: datetime) -> None:
    changed = restore_member(actor=actor, membership_id=membership_id, now=now)
    messages.success(request, _("%(name)s can work again.") % {"name": changed})


def _end(membership_id: str, request: HttpRequest, actor: Actor, now: datetime) -> None:
    _require_typed_address(request, actor, membership_id, now)
    changed = end_membership(actor=actor, membership_id=membership_id, now=now)
    messages.success(request, _("%(name)s has no access any more.") % {"name": changed})


def _require_typed_address(request: HttpRequest, actor: Actor, membership_id: str, now: datetime) -> None:
    shown = member_of(actor, membership_id, now=now)
    actor.require("member.manage")
    if request.POST.get("confirmed_email", "").strip().lower() != shown.email.lower():
        raise MemberNotConfirmed


def _change_role(membership_id: str, request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    role = request.POST.get("role", "")
    if role not in set(Role):
        raise InvalidInput
    # Whoever finds the browser of an owner could else make an accomplice owner, who hands over in their place.
    if role == Role.OWNER and actor.may("owner.appoint"):
        member_of(actor, membership_id, now=now)
        if answer := confirm_first(request, now):
            return answer
    changed = change_role(actor=actor, membership_id=membership_id, role=Role(role), now=now)
    messages.success(request, _("The role of %(name)s is changed.") % {"name": changed})
    return None


def _change_visibility(membership_id: str, request: HttpRequest, actor: Actor, now: datetime) -> None:
    sees = request.POST.get("sees", "-")
    if sees not in _SEES:
        raise InvalidInput
    changed = change_member_visibility(actor=actor, membership_id=membership_id, sees_all=_SEES[sees], now=now)
    messages.success(request, _("It is changed which documents %(name)s sees.") % {"name": changed})


def _transfer(membership_id: str, request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    actor.require("owner.appoint")
    member_of(actor, membership_id, now=now)
    if answer := confirm_first(request, now, saying=_("Please confirm that it is you before you hand over.")):
        return answer
    typed = posted(request, "confirmed_email")
    heir = transfer_ownership(actor=actor, membership_id=membership_id, confirmed_email=typed, now=now)
    messages.success(request, _("%(name)s is owner now, and you are an administrator.") % {"name": heir})
    return None


_STEPS = {
    "role": _change_role,
    "visibility": _change_visibility,
    "suspend": _suspend,
    "restore": _restore,
    "end": _end,
    "transfer": _transfer,
}
