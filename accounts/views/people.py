"""The people of a customer: members and invitations."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.change_role import change_role
from accounts.actions.end_membership import end_membership
from accounts.actions.invite_member import invite_member
from accounts.actions.restore_member import restore_member
from accounts.actions.revoke_invitation import revoke_invitation
from accounts.actions.suspend_member import suspend_member
from accounts.forms import InviteForm
from accounts.queries import members_of, open_invitations_of
from accounts.queries.notices import bouncing_people
from accounts.rules.permissions import Role
from accounts.views._steps import Step, act, actor_of, posted, show
from kernel import clock
from kernel.actor import Actor
from kernel.errors import InvalidInput, Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Members and invitations; every button posts its name as `action`."""
    now = clock.now()
    if request.method == "POST":
        return act(request, _PEOPLE_ACTIONS, now)
    return _people_page(request, InviteForm(owner=actor_of(request).may("owner.appoint")), now)


def _people_page(request: HttpRequest, form: InviteForm, now: datetime, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    members = list(members_of(actor))
    context = {
        "members": members,
        "bouncing": bouncing_people([member.person_id for member in members]),
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
            show(refusal, form)
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": asked["email"]})
            return None
    return _people_page(request, form, now, status=422)


def _withdraw(request: HttpRequest, actor: Actor, now: datetime) -> None:
    revoke_invitation(actor=actor, invitation_id=posted(request, "invitation"), now=now)
    messages.success(request, _("The invitation no longer works."))


def _suspend(request: HttpRequest, actor: Actor, now: datetime) -> None:
    member = suspend_member(actor=actor, membership_id=posted(request, "member"), now=now)
    messages.success(request, _("%(name)s is suspended, and so are the tokens they made.") % {"name": member})


def _restore(request: HttpRequest, actor: Actor, now: datetime) -> None:
    member = restore_member(actor=actor, membership_id=posted(request, "member"), now=now)
    messages.success(request, _("%(name)s can work again.") % {"name": member})


def _end(request: HttpRequest, actor: Actor, now: datetime) -> None:
    member = end_membership(actor=actor, membership_id=posted(request, "member"), now=now)
    messages.success(request, _("%(name)s has no access any more.") % {"name": member})


def _change_role(request: HttpRequest, actor: Actor, now: datetime) -> None:
    role = request.POST.get("role", "")
    if role not in set(Role):
        raise InvalidInput
    member = change_role(actor=actor, membership_id=posted(request, "member"), role=Role(role), now=now)
    messages.success(request, _("The role of %(name)s is changed.") % {"name": member})


_PEOPLE_ACTIONS: dict[str, Step] = {
    "invite": _invite,
    "withdraw": _withdraw,
    "role": _change_role,
    "suspend": _suspend,
    "restore": _restore,
    "end": _end,
}
