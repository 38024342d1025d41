"""The customer's own mail server."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actions.remove_mail_server import remove_mail_server
from accounts.actions.set_mail_server import set_mail_server
from accounts.actions.switch_mail_server import switch_mail_server
from accounts.actions.try_mail_server import try_mail_server
from accounts.forms.notices import MailServerForm
from accounts.models import MailServer
from accounts.queries.mail_server import mail_server_of
from accounts.views._steps import Step, act, actor_of, confirm_first, show
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Outage, Refusal


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def settings_mail(request: HttpRequest) -> HttpResponse:
    """Through which server the customer's mail leaves; every button posts its name as `action`."""
    if request.method == "POST":
        return act(request, _STEPS, clock.now())
    known = mail_server_of(actor_of(request))
    return _page(request, MailServerForm(known=known), known)


def _page(request: HttpRequest, form: MailServerForm, known: MailServer | None, *, status: int = 200) -> HttpResponse:
    return render(request, "accounts/mail_server.html", {"form": form, "server": known}, status=status)


def _save(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    known = mail_server_of(actor)
    if answer := confirm_first(request, now):  # all that we write to the customer's people passes by there
        return answer
    form = MailServerForm(request.POST, known=known)
    if form.is_valid():
        asked = form.cleaned_data
        password = asked["password"] or (None if known else "")
        try:
            set_mail_server(actor=actor, **{**asked, "password": password}, now=now)
        except Refusal as refusal:
            show(refusal, form)
        except Outage as outage:
            form.add_error("host", str(outage.detail))
        else:
            messages.success(request, _("Saved. Send yourself a test mail now: then the server can be switched on."))
            return None
    return _page(request, form, known, status=422)


def _test(request: HttpRequest, actor: Actor, now: datetime) -> None:
    to = try_mail_server(actor=actor, now=now)
    messages.success(
        request, _("The server has taken a test mail to %(email)s. See whether it arrives.") % {"email": to}
    )


def _on(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    if answer := confirm_first(request, now):
        return answer
    row = switch_mail_server(actor=actor, on=True, now=now)
    messages.success(request, _("Mail goes out through %(host)s from now on.") % {"host": row.host})
    return None


def _off(request: HttpRequest, actor: Actor, now: datetime) -> None:
    switch_mail_server(actor=actor, on=False, now=now)
    messages.success(request, _("Mail goes out through our server from now on."))


def _remove(request: HttpRequest, actor: Actor, now: datetime) -> None:
    remove_mail_server(actor=actor, now=now)
    messages.success(request, _("The server and its password are forgotten. Mail goes out through ours."))


_STEPS: dict[str, Step] = {"save": _save, "test": _test, "on": _on, "off": _off, "remove": _remove}
