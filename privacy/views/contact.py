"""The contact form: for everybody, with the same answer whatever becomes of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.api.throttling import client_address, take_one
from kernel import clock
from kernel.actor import Actor
from kernel.ids import new_id
from privacy.actions.delete_contact_message import delete_contact_message
from privacy.actions.send_contact_message import Written, send_contact_message
from privacy.forms.contact import ContactForm, consent_text
from privacy.rules.contact import MESSAGES_PER_MINUTE

_links = Signer(salt="privacy.contact_message")
_ACTOR = Actor.system("privacy.contact_form")


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """The form; afterwards a page with the link by which the consent is withdrawn."""
    now, form = clock.now(), ContactForm(request.POST or None)
    if request.method == "POST":
        left = take_one(f"contact:{client_address(request)}", limit=MESSAGES_PER_MINUTE, now=now)
        if left is not None and left.exceeded:
            form.add_error(None, _("Too many messages in one minute. Please try again in a minute."))
            response = render(request, "privacy/contact.html", {"form": form}, status=429)
            response["Retry-After"] = str(left.reset_seconds)
            return response
    if form.is_valid():
        return redirect("contact_sent", link=_links.sign(_sent(form, now)))
    return render(request, "privacy/contact.html", {"form": form}, status=422 if form.is_bound else 200)


def _sent(form: ContactForm, now: datetime) -> str:
    """The id of the message; an invented one for a program that fell into the trap, which learns nothing by it."""
    if form.is_trapped:
        return new_id("msg")
    given = form.cleaned_data
    written = Written(given["topic"], given["name"], given["email"], given["message"], get_language() or "")
    return send_contact_message(actor=_ACTOR, written=written, consent_text=consent_text(), now=now).id


@require_http_methods(["GET", "HEAD", "POST"])
def contact_sent(request: HttpRequest, link: str) -> HttpResponse:
    """That it was sent; its button deletes the message now. The same page for what was never there."""
    if request.method == "POST":
        with suppress(BadSignature):  # a link that we did not make opens nothing, and is told nothing
            delete_contact_message(actor=_ACTOR, message_id=_links.unsign(link), now=clock.now())
    return render(request, "privacy/contact_sent.html", {"withdrawn": request.method == "POST"})
