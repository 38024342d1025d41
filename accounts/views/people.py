"""The people of a customer: the list of members, and who is invited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.invite_member import invite_member
from accounts.actions.resend_invitation import resend_invitation
from accounts.actions.revoke_invitation import revoke_invitation
from accounts.forms import InviteForm
from accounts.forms.people import MemberFilter
from accounts.models import Membership
from accounts.queries.invitations import pending_invitations_of
from accounts.queries.people import MemberPage, MemberSelection, MemberView, every_member, members_page
from accounts.rules.permissions import Role
from accounts.views._steps import Step, act, actor_of, confirm_first, posted, show
from kernel import clock
from kernel.actor import Actor
from kernel.api import decode_cursor, encode_cursor
from kernel.cells import csv_line
from kernel.clock import legal_date
from kernel.errors import InvalidInput, NotFound, Refusal

_INVITATIONS_SHOWN = 200
_COLUMNS = ("name", "email", "role", "status", "documents", "second_step", "last_seen", "joined_at", "ended_at", "id")


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Members and invitations; every button posts its name as `action`."""
    now = clock.now()
    if request.method == "POST":
        return act(request, _PEOPLE_ACTIONS, now)
    return _people_page(request, InviteForm(owner=actor_of(request).may("owner.appoint")), now)


@require_safe
def people_csv(request: HttpRequest) -> HttpResponseBase:
    """The list as a file, narrowed in the same way."""
    actor, now = actor_of(request), clock.now()
    actor.require("member.read")
    members = every_member(actor, MemberFilter(request.GET).selection, now=now)
    response = StreamingHttpResponse(_lines(members), content_type="text/csv; charset=utf-8")
    name = f"people-{legal_date(now)}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _people_page(request: HttpRequest, form: InviteForm, now: datetime, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    asked = MemberFilter(request.GET).selection
    page = _page(request, actor, asked, now)
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "members": page.items,
        "next_cursor": encode_cursor(page.next_after) if page.next_after else None,
        "asked": asked,
        "narrowed": asked != MemberSelection(),
        "filters": query.urlencode(),
        "all_roles": [role.value for role in Role],
        "statuses": [each.value for each in Membership.Status],
        "invitations": pending_invitations_of(actor, now=now)[:_INVITATIONS_SHOWN],
        "form": form if actor.may("member.manage") else None,
        "now": now,
    }
    return render(request, "accounts/people.html", context, status=status)


def _page(request: HttpRequest, actor: Actor, asked: MemberSelection, now: datetime) -> MemberPage:
    """The page that the address names; the first one if its cursor is none of ours."""
    try:
        after = decode_cursor(request.GET["cursor"]) if "cursor" in request.GET else None
        return members_page(actor, asked, now=now, after=after)
    except (InvalidInput, NotFound):
        return members_page(actor, asked, now=now)


def _lines(members: Iterator[MemberView]) -> Iterator[str]:
    yield "\ufeff" + csv_line(_COLUMNS)
    for member in members:
        yield csv_line(
            (
                member.name,
                member.email,
                member.role,
                member.status,
                "all" if member.sees_every_document else "own",
                "on" if member.second_step else "off",
                member.seen.value,
                member.joined_at.isoformat(timespec="seconds"),
                member.ended_at.isoformat(timespec="seconds") if member.ended_at else "",
                member.id,
            )
        )


def _invite(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = InviteForm(request.POST, owner=actor.may("owner.appoint"))
    if form.is_valid():
        asked = form.cleaned_data
        if asked["role"] == Role.OWNER and (answer := confirm_first(request, now)):
            return answer
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


def _resend(request: HttpRequest, actor: Actor, now: datetime) -> None:
    invitation = resend_invitation(actor=actor, invitation_id=posted(request, "invitation"), now=now)
    told = _("A new invitation to %(email)s is on its way. The earlier link no longer works.")
    messages.success(request, told % {"email": invitation.email})


_PEOPLE_ACTIONS: dict[str, Step] = {"invite": _invite, "withdraw": _withdraw, "resend": _resend}
