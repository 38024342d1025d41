"""What goes when and why, for staff (D3-D5): the outlook, alarms, another period tried, one thing asked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.actor import Actor
from kernel.errors import NotFound
from privacy.actions._courses import COURSES
from privacy.actions._sweeps import SWEEPS
from privacy.forms.retention import PeriodForm, StaffObjectForm
from privacy.queries.explain import explain
from privacy.queries.retention import AHEAD_DAYS, alarms, differences, outlooks


@require_safe
def staff_retention(request: HttpRequest) -> HttpResponse:
    """Nothing is written here, whatever is asked."""
    if not request.user.has_perm("privacy.view_retentionrun"):
        raise PermissionDenied
    now = clock.now()
    context = {
        **admin.site.each_context(request),
        **_tried(request),
        **_asked(request),
        "title": _("What goes when"),
        "alarms": alarms(SWEEPS, now=now),
        "outlooks": sorted(outlooks(SWEEPS, COURSES, now=now), key=lambda each: each.braked is None),
        "ahead": AHEAD_DAYS,
        "today": clock.legal_date(now),
    }
    return render(request, "admin/retention.html", context)


def _tried(request: HttpRequest) -> dict[str, Any]:
    form = PeriodForm(request.GET if "days" in request.GET else None)
    found = None
    if form.is_valid():
        given = form.cleaned_data
        found = differences(SWEEPS, COURSES, rule=given["rule"], days=given["days"], now=clock.now())
    return {"period_form": form, "differences": found}


def _asked(request: HttpRequest) -> dict[str, Any]:
    form = StaffObjectForm(request.GET if "object" in request.GET else None)
    found = None
    if form.is_valid():
        viewer = Actor.staff(person_id=str(request.user.pk), name=str(request.user), reason="")
        try:
            found = explain(form.cleaned_data["object"], viewer, courses=COURSES, now=clock.now())
        except NotFound:
            form.add_error("object", _("There is nothing here by that name."))
    return {"object_form": form, "found": found}
