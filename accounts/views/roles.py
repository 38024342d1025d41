"""What each role may do, and which documents members see."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.change_document_rules import change_document_rules
from accounts.forms.people import DocumentRulesForm
from accounts.rules.permissions import PERMISSIONS, Role
from accounts.views._steps import act, actor_of
from kernel import clock
from kernel.actor import Actor


@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    """The table of roles and permissions, for every member."""
    order = [*PERMISSIONS[Role.OWNER]]
    named = sorted(order, key=lambda name: (-sum(name in own for own in PERMISSIONS.values()), name))
    rows = [{"permission": name, "held": [name in PERMISSIONS[role] for role in Role]} for name in named]
    context = {"roles": [role.value for role in Role], "rows": rows}
    return render(request, "accounts/roles.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def document_rules(request: HttpRequest) -> HttpResponse:
    """Which documents members see, and whether they may share."""
    actor = actor_of(request)
    actor.require("customer.manage")
    if request.method == "POST":
        return act(request, {"save": _save}, clock.now())
    customer = request.membership.customer  # type: ignore[attr-defined]  # set by the membership middleware
    sees = "all" if customer.members_see_all else "own"
    form = DocumentRulesForm(initial={"members_see_all": sees, "members_share": customer.members_share})
    return render(request, "accounts/document_rules.html", {"form": form})


def _save(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = DocumentRulesForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/document_rules.html", {"form": form}, status=422)
    asked = form.cleaned_data
    change_document_rules(
        actor=actor,
        members_see_all=asked["members_see_all"],
        members_share=asked["members_share"],
        now=now,
    )
    messages.success(request, _("It holds from everybody's next click on."))
    return None
