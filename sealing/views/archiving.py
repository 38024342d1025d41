"""The button on a seal's page that asks for another archive timestamp."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kernel import clock
from sealing.actions.archive_seal import ArchiveTimestampEnded, CannotBeArchived, archive_seal
from sealing.queries.seals import NotSealedYet


@require_POST
def archive(request: HttpRequest, seal_id: str) -> HttpResponse:
    try:
        archive_seal(actor=request.actor, seal_id=seal_id, now=clock.now())  # type: ignore[attr-defined]  # set by the membership middleware
        messages.success(request, _("The archive timestamp is being made. Nothing is charged for it."))
    except (NotSealedYet, CannotBeArchived, ArchiveTimestampEnded) as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("seal_detail", seal_id=seal_id)
