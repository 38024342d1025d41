"""The door for everybody: drop a signed file, read one verdict."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.api.throttling import client_address, take_one
from kernel import clock
from kernel.errors import Outage, Refusal
from sealing.actions.verify_document import verify_document
from sealing.api.validation_representation import represent_validation
from sealing.forms import VerifyForm
from sealing.rules.requests import plain_name


@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    """For everybody: drop a signed file, read one verdict. Nothing of the file is kept."""
    if request.method != "POST":
        return _verify_page(request, VerifyForm())
    now = clock.now()
    left = take_one(f"verify:{client_address(request)}", limit=settings.VERIFICATIONS_PER_MINUTE, now=now)
    if left is not None and left.exceeded:
        problem_text = _("Too many files in one minute. Please try again in a minute.")
        response = _verify_page(request, VerifyForm(), trouble=problem_text, status=429)
        response["Retry-After"] = str(left.reset_seconds)
        return response
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _verify_page(request, form, status=422)
    file = form.cleaned_data["file"]
    try:
        validation = verify_document(content=file, now=now)
    except Refusal as refusal:
        form.add_error("file", str(refusal.detail))
        return _verify_page(request, form, status=refusal.status)
    except Outage as outage:
        return _verify_page(request, form, trouble=str(outage.detail), status=503)
    return _verify_page(request, VerifyForm(), result=represent_validation(validation), name=plain_name(file.name))


def _verify_page(request: HttpRequest, form: VerifyForm, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"form": form, "max_bytes": settings.MAX_DOCUMENT_BYTES}
    return render(request, "sealing/verify.html", context, status=status)
