"""What the entrance can be sent, where allauth's own form is not ours."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import RequestLoginCodeForm
from allauth.core import context
from allauth.core.internal import ratelimit

from accounts.queries import person_with
from accounts.rules import sign_in
from accounts.views import _cookies as cookies
from kernel import clock


class RequestCodeForm(RequestLoginCodeForm):
    """Counts codes by mailbox and by who asks for them, so that no stranger can keep them from their owner."""

    def clean_email(self) -> str:
        email, request = str(self.cleaned_data["email"]).lower(), context.request
        person = person_with(email) if cookies.KNOWN_BROWSER in request.COOKIES else None
        browser = cookies.known_as(request, person, clock.now()) if person else ""
        place = browser or f"{email} {ratelimit.get_ip(request)}"
        counts = [(sign_in.CODES_FROM_ONE_PLACE, place)]
        if not browser:
            counts.append((sign_in.CODES_FOR_ONE_MAILBOX, email))
        for rate, key in counts:
            if not ratelimit.consume(request, app="accounts", action="codes", config={"codes": rate}, key=key):
                raise get_adapter().validation_error("too_many_login_attempts")
        return str(super().clean_email())
