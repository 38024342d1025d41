"""The copy of somebody's data: its page, and the file itself. Who has the link may fetch it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from accounts.queries import actor_of_person
from accounts.views._steps import person_of
from kernel import clock
from kernel.actor import Actor
from kernel.errors import NotFound, Outage
from privacy.actions.download_export import download_export
from privacy.queries.exports import offered_by_secret


@require_http_methods(["GET", "HEAD", "POST"])
def rights_export(request: HttpRequest, secret: str) -> HttpResponseBase:
    """What it is and until when; its button sends the file, so that no program that looks at links fetches it."""
    now = clock.now()
    try:
        offered = offered_by_secret(secret, today=clock.legal_date(now))
    except NotFound:
        return render(request, "privacy/link_over.html", {"what": "export"}, status=404)
    if request.method == "POST":
        signed_in = request.user.is_authenticated
        actor = actor_of_person(person_of(request)) if signed_in else Actor.system("privacy.export_link")
        try:
            found = download_export(actor=actor, secret=secret, now=now)
        except Outage as outage:
            messages.error(request, str(outage.detail))
            return redirect(request.path)
        answer = StreamingHttpResponse(found.parts, content_type="application/zip")
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name) or ""
        answer["Content-Length"] = str(found.size)
        return answer
    return render(request, "privacy/export.html", {"offered": offered})
