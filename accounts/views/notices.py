"""The notices of a member and of a customer."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.mute_notices import mute_notices
from accounts.actions.read_notice import read_notice
from accounts.forms.notices import PreferencesForm
from accounts.queries.notices import muted_topics, notice_of, notices_of
from accounts.rules.notices import mutable_topics
from accounts.views._steps import Step, act, actor_of, signed_in_themself
from kernel import clock
from kernel.actor import Actor
from kernel.api import decode_cursor, encode_cursor


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """What the member was told, newest first; administrators see what everybody was told."""
    if request.method == "POST":
        return act(request, _STEPS, clock.now())
    actor, show = actor_of(request), request.GET.get("show", "")
    cursor = request.GET.get("cursor")
    page = notices_of(
        actor,
        language=_language(),
        unread=show == "unread",
        everybody=show == "everybody",
        after=decode_cursor(cursor) if cursor else None,
        own=signed_in_themself(request),
    )
    next_cursor = encode_cursor(page.next_after) if page.next_after else None
    return render(request, "accounts/notices.html", {"page": page, "show": show, "next_cursor": next_cursor})


@require_safe
def notice(request: HttpRequest, notice_id: str) -> HttpResponse:
    """A notice in the reader's language. Whoever it was addressed to has read it by opening it."""
    actor, own = actor_of(request), signed_in_themself(request)
    view = notice_of(actor, notice_id, language=_language(), own=own)
    if view.line.unread and request.method == "GET":
        read = read_notice(actor=actor, notice_id=notice_id, now=clock.now(), own=own)
        request.membership.unread_notices -= read  # type: ignore[attr-defined]  # counted when the request came
        view = notice_of(actor, notice_id, language=_language(), own=own)
    return render(request, "accounts/notice.html", {"view": view})


@require_http_methods(["GET", "HEAD", "POST"])
def notice_preferences(request: HttpRequest) -> HttpResponse:
    """Which notices the member wants as mail, too."""
    actor = actor_of(request)
    wanted = set(mutable_topics()) - muted_topics(actor)
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial={"topics": sorted(wanted)})
    if request.method == "POST" and form.is_valid():
        mute_notices(actor=actor, topics=form.muted(), now=clock.now())
        messages.success(request, _("Saved. It holds for every notice from now on."))
        return redirect(request.path)
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/notice_preferences.html", {"form": form}, status=status)


def _read_all(request: HttpRequest, actor: Actor, now: datetime) -> None:
    count = read_notice(actor=actor, now=now, own=signed_in_themself(request))
    said = ngettext("%(count)s notice is marked as read.", "%(count)s notices are marked as read.", count)
    messages.success(request, said % {"count": count})


def _language() -> str:
    return get_language() or "en"


_STEPS: dict[str, Step] = {"read_all": _read_all}
