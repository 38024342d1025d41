"""What the entrance can be sent, where allauth's own form is not ours."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context
from allauth.core.internal import ratelimit
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.queries import person_with
from accounts.rules import entrance
from accounts.views import _cookies as cookies
from kernel import clock


class _OneWord(forms.Form):
    """An address is called as on every other page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in self.fields.keys() & {"login", "email"}:
            self.fields[name].label = _("E-mail address")


class PasswordForm(_OneWord, LoginForm):
    """allauth would make it a session without an end that is known; the adapter has given it one."""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        if request.user.is_authenticated:
            request.session.set_expiry(clock.now() + entrance.SESSION_LASTS)
        return response


class RequestCodeForm(_OneWord, RequestLoginCodeForm):
    """Counts codes by mailbox and by who asks for them, so that no stranger can keep them from their owner."""

    def clean_email(self) -> str:
        email, request = str(self.cleaned_data["email"]).lower(), context.request
        person = person_with(email) if cookies.KNOWN_BROWSER in request.COOKIES else None
        browser = cookies.known_as(request, person, clock.now()) if person else ""
        place = browser or f"{email} {ratelimit.get_ip(request)}"
        counts = [(entrance.CODES_FROM_ONE_PLACE, place)]
        if not browser:
            counts.append((entrance.CODES_FOR_ONE_MAILBOX, email))
        for rate, key in counts:
            if not ratelimit.consume(request, app="accounts", action="codes", config={"codes": rate}, key=key):
                raise get_adapter().validation_error("too_many_login_attempts")
        return str(super().clean_email())


class NewPasswordForm(_OneWord, ResetPasswordForm):
    """Where a new password is asked for."""


class FurtherAddressForm(_OneWord, AddEmailForm):
    """Where an address is added."""
