"""The page about cookies: what is kept, for how long, and the choice that is as easy to take back as to make."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kernel import clock
from kernel.errors import NotFound
from kernel.tenancy.urls import public_url
from privacy.actions.record_consent import record_consent
from privacy.rules.cookie_registry import NECESSARY
from privacy.rules.cookies import CHOICE_KEPT, Extra, Kind, Where, holds
from privacy.views._standing import Standing, forget, keep

_GPC_SINCE = "2026-11-28"


@require_http_methods(["GET", "HEAD", "POST"])
def cookies(request: HttpRequest) -> HttpResponse:
    """The table and the choice; every button of page and banner posts `choice` here."""
    standing: Standing = request.cookies_standing  # type: ignore[attr-defined]  # set by the middleware
    if request.method == "POST":
        return _answer(request, standing)
    context = {
        "standing": standing,
        "holds_until": _holds_until(standing, clock.now()),
        "necessary": [item for item in NECESSARY if not item.staff],
        "of_staff": [item for item in NECESSARY if item.staff],
        "kinds": [(kind, [extra for extra in standing.offered if extra.kind is kind]) for kind in Kind],
        "third_parties": any(extra.setting for extra in standing.offered),
        "to_forget": json.dumps(_stored(standing)),
        "host": request.get_host().partition(":")[0],
    }
    return render(request, "privacy/cookies.html", context)


@require_safe
def gpc(request: HttpRequest) -> HttpResponse:
    """That this site honours the Global Privacy Control, where the specification has it looked up."""
    return JsonResponse({"gpc": True, "lastUpdate": _GPC_SINCE})


def _answer(request: HttpRequest, standing: Standing) -> HttpResponse:
    asked, accepted = _choice(request, standing)
    consent = record_consent(
        asked=asked,
        accepted=accepted,
        adding=request.POST.get("choice") == "add",
        before=standing.consent,
        text_hash=_shown(asked),
        language=get_language() or "",
        objects=standing.objects,
        now=clock.now(),
    )
    response = redirect(_way_back(request))
    earlier = standing.consent.accepted if standing.consent else frozenset()
    forget(request, response, [each for each in standing.offered if each.key in earlier - consent.accepted])
    keep(response, consent)
    if earlier and not consent.accepted:
        messages.success(request, _("You have taken back your consent. Nothing is measured from now on."))
    else:
        messages.success(request, _("Your choice is kept for 12 months. Change it under “Cookies”, on every page."))
    return response


def _holds_until(standing: Standing, now: datetime) -> datetime | None:
    """When the choice ends that counts now; None without one."""
    return standing.consent.given_at + CHOICE_KEPT if standing.consent and holds(standing.consent, now) else None


def _choice(request: HttpRequest, standing: Standing) -> tuple[tuple[Extra, ...], list[str]]:
    """The extras that a button is about, and those of them that are agreed to."""
    everything = [extra.key for extra in standing.offered]
    match request.POST.get("choice"):
        case "accept":
            return standing.offered, everything
        case "reject":
            return standing.offered, []
        case "save":
            return standing.offered, request.POST.getlist("extra")
        case "add":
            wanted = request.POST.getlist("extra")
            return tuple(extra for extra in standing.offered if extra.key in wanted), wanted
    raise NotFound


def _shown(extras: tuple[Extra, ...]) -> str:
    """SHA-256 of what a reader of this language is told about the extras."""
    told = [[_(extra.name), _(extra.purpose), *(_(item.purpose) for item in extra.items)] for extra in extras]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _stored(standing: Standing) -> list[list[str]]:
    """What a script forgets on this page, because no server can: entries of storage of extras that may not be."""
    return [
        [item.where, item.name]
        for extra in standing.offered
        if extra not in standing.allowed
        for item in extra.items
        if item.where is not Where.COOKIE
    ]


def _way_back(request: HttpRequest) -> str:
    """The page the button stood on, if it is one of ours."""
    back = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if ours else public_url("cookies")
