"""The complete export, for owners."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.views._steps import actor_of, confirm_first
from kernel import clock
from sealing.actions.export_customer import export_customer


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything in one file, for an owner who has shown lately who they are."""
    actor, now = actor_of(request), clock.now()
    actor.require("customer.end")
    saying = _("Please confirm that it is you before you download everything.")
    if answer := confirm_first(request, now, saying=saying, back=reverse("settings_closing")):
        return answer
    found = export_customer(actor=actor, now=now)
    response = StreamingHttpResponse(found.parts, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    return response
