"""Many invitations from a list: first what would become of each line, then one button. The file is never stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.actions.invite_members import invite_members
from accounts.forms.people import InvitationListForm, role_words
from accounts.queries.invitations import judge_lines
from accounts.rules.invitation_lists import MAX_BYTES, MAX_LINES, Line, ListUnreadable, Verdict, read_list
from accounts.rules.permissions import Role
from accounts.views._steps import act, actor_of, confirm_first
from kernel import clock
from kernel.actor import Actor
from kernel.errors import InvalidInput


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_list(request: HttpRequest) -> HttpResponse:
    """`preview` judges an uploaded list, `send` invites the lines that the preview showed as good."""
    actor_of(request).require("member.manage")
    if request.method == "POST":
        return act(request, {"preview": _preview, "send": _send}, clock.now())
    return _page(request, InvitationListForm())


def _page(
    request: HttpRequest, form: InvitationListForm, judged: Sequence[object] | None = None, *, status: int = 200
) -> HttpResponse:
    good = [line for line in judged or () if line.verdict is Verdict.OK]  # type: ignore[attr-defined]  # judged lines
    context = {"form": form, "judged": judged, "good": good, "roles": [role.value for role in Role]}
    return render(request, "accounts/invitation_list.html", context, status=status)


def _preview(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    form = InvitationListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        lines = read_list(form.cleaned_data["file"].read(MAX_BYTES + 1), role_words())
    except ListUnreadable:
        told = _("This is no list of up to %(lines)d people in a CSV file of at most %(size)d kB.")
        form.add_error("file", told % {"lines": MAX_LINES, "size": MAX_BYTES // 1024})
        return _page(request, form, status=422)
    return _page(request, form, judge_lines(actor, lines, now=now))


def _send(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    emails, roles = request.POST.getlist("email"), request.POST.getlist("role")
    if len(emails) != len(roles) or not 0 < len(emails) <= MAX_LINES:
        raise InvalidInput
    words = {role.value: role for role in Role}
    lines = [
        Line(number, email.strip().lower(), words.get(role), role)
        for number, (email, role) in enumerate(zip(emails, roles, strict=True), start=1)
    ]
    owners = any(line.role == Role.OWNER for line in lines) and actor.may("owner.appoint")
    if owners and (answer := confirm_first(request, now)):
        return answer
    sent = len(invite_members(actor=actor, lines=lines, now=now))
    if sent:
        told = ngettext("%(count)d invitation is on its way.", "%(count)d invitations are on their way.", sent)
        messages.success(request, told % {"count": sent})
    else:
        messages.info(request, _("Nobody was left to invite: they are members or invited already."))
    return redirect("people")
