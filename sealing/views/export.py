"""The complete export, for owners."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.views._steps import actor_of, signed_in_lately
from kernel import clock
from kernel.tenancy.urls import public_url
from sealing.actions.export_customer import export_customer


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything in one file, for an owner who has shown lately who they are."""
    actor, now = actor_of(request), clock.now()
    actor.require("customer.end")
    if not signed_in_lately(request, now):
        messages.info(request, _("Please confirm that it is you before you download everything."))
        after = {"next": reverse("settings_closing")}
        return redirect(f"{public_url('account_reauthenticate')}?{urlencode(after)}")
    found = export_customer(actor=actor, now=now)
    response = StreamingHttpResponse(found.parts, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    return response
