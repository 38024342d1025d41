"""Where allauth asks us: who may try how often, what follows a sign-in, what mails say, how secrets are kept."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.actions.change_preferences import change_preferences
from accounts.actions.note_account_change import note_account_change
from accounts.actions.note_sign_in import note_sign_in
from accounts.actions.open_customer import STAYS_AN_APPLICATION, open_customer
from accounts.gateways.ciphers import cipher
from accounts.gateways.mail import with_html
from accounts.models import Person
from accounts.queries import active_memberships, actor_of_person, person_with
from accounts.rules import entrance
from accounts.views import _cookies as cookies
from kernel import clock
from kernel.clock import legal_zone
from kernel.errors import NotFound, Outage
from kernel.tenancy.urls import customer_url, public_url

logger = logging.getLogger(__name__)

# Counted under names of our own: what allauth clears after a success (a second step, a new password) is only its own,
# so that nobody wipes out the failures of their network address by signing in as themselves now and then.
_BY_ADDRESS = {"passwords": entrance.PASSWORDS_FROM_ONE_ADDRESS}
_BY_STRANGERS = {"passwords": entrance.PASSWORDS_OF_STRANGERS}
_IN_KNOWN_BROWSERS = {"passwords": entrance.PASSWORDS_IN_A_KNOWN_BROWSER}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up goes through our own forms; the first sign-in with a confirmed address opens the customer."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _(
            "Too many failed attempts. Try again in five minutes. A passkey works at once, and so does a browser in "
            "which you have signed in before."
        ),
    }

    # --- Mails -----------------------------------------------------------------------------------------------------

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of the person it is about, with links to our own address and to no other.

        allauth makes links of the host name that the request asked for, and any of `ALLOWED_HOSTS` would do.
        """
        asked = allauth_context.request.build_absolute_uri("/")
        ours = {
            key: settings.BASE_URL + value[len(asked) - 1 :]
            if isinstance(value, str) and value.startswith(asked)
            else value
            for key, value in context.items()
        }
        ours["current_site"] = SimpleNamespace(name=settings.OPERATOR_NAME, domain=settings.BASE_URL)
        ours["zone"] = legal_zone()
        ours["operator_contact"] = settings.OPERATOR_CONTACT
        ours["reset_url"] = settings.BASE_URL + public_url("account_reset_password")
        person = context.get("user")
        with translation.override(getattr(person, "language", "") or get_language()):
            super().send_mail(template_prefix, email, ours)

    def render_mail(self, *args: Any, **options: Any) -> EmailMultiAlternatives:
        return with_html(super().render_mail(*args, **options))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Person,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Every change of how somebody signs in comes by here: it goes on record, and the person is told."""
        note_account_change(actor=actor_of_person(user), mail=template_prefix, now=clock.now())
        super().send_notification_mail(template_prefix, user, {**(context or {}), "user": user}, email)

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """One confirmed address stays, whichever is the main one: it is the way back in."""
        others = EmailAddress.objects.filter(user_id=email_address.user_id, verified=True).exclude(pk=email_address.pk)
        if email_address.verified and not others.exists():
            return False
        return super().can_delete_email(email_address)

    # --- Attempts --------------------------------------------------------------------------------------------------

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whom to count for. With fewer entries in X-Forwarded-For than there are proxies, somebody went round them:
        then it is whoever connected, which cannot be forged.
        """
        try:
            return str(get_client_ip(request) or request.META["REMOTE_ADDR"])
        except ImproperlyConfigured:
            logger.warning(
                "X-Forwarded-For has fewer entries than TRUSTED_PROXY_COUNT: the connection's address is used"
            )
            return str(request.META["REMOTE_ADDR"])

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count one attempt, taken back when the password is right. Strangers can use up their own attempts only."""
        email = str(credentials.get("email", "")).lower()
        if browser := self._known_browser(request, email):
            counts = [(_IN_KNOWN_BROWSERS, browser)]
        else:
            counts = [(_BY_ADDRESS, email), (_BY_STRANGERS, email)]
        self._attempts: list[ratelimit.RateLimitUsage] = []
        for rates, key in counts:
            usage = ratelimit.consume(request, app="accounts", action="passwords", config=rates, key=key)
            if not usage:
                raise self.validation_error("too_many_login_attempts")
            self._attempts.append(usage)

    def _rollback_login_failed_rl_usage(self) -> None:
        for usage in self._attempts:
            usage.rollback()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A new password by mail starts the count for the e-mail address anew; not that for the network address."""
        key = str(credentials.get("email", "")).lower()
        ratelimit.clear(request, app="accounts", action="passwords", config=_BY_STRANGERS, key=key)

    def _known_browser(self, request: HttpRequest, email: str) -> str:
        if cookies.KNOWN_BROWSER not in request.COOKIES:
            return ""
        person = person_with(email)
        return cookies.known_as(request, person, clock.now()) if person else ""

    # --- Coming in -------------------------------------------------------------------------------------------------

    def new_user(self, request: HttpRequest) -> Person:
        return Person(language=get_language() or "")

    def save_user(self, request: HttpRequest, user: Person, form: Any, commit: bool = True) -> Person:
        user.name = form.cleaned_data.get("name", "")
        return super().save_user(request, user, form, commit)

    def post_login(self, request: HttpRequest, user: Person, **details: Any) -> HttpResponse:
        """Called when every step of the sign-in is done, so that the address is confirmed by now."""
        actor, now = actor_of_person(user), clock.now()
        try:
            open_customer(actor=actor, now=now)
        except NotFound:
            pass
        except Outage:
            messages.warning(request, STAYS_AN_APPLICATION)
        method, second_step = self._how(request, user)
        note_sign_in(actor=actor, method=method, second_step=second_step, address=self.get_client_ip(request), now=now)
        if second_step == Authenticator.Type.RECOVERY_CODES:
            self.send_notification_mail("mfa/email/recovery_code_used", user)
        self._adopt(request, user)
        response: HttpResponse = super().post_login(request, user, **details)
        cookies.remember_preferences(response, user)
        cookies.remember_method(request, response, method)
        cookies.introduce(request, response, user, now)
        return response

    def login(self, request: HttpRequest, user: Person) -> None:
        """A session lasts for so many hours from the sign-in, however often it is used."""
        super().login(request, user)
        request.session.set_expiry(clock.now() + entrance.SESSION_LASTS)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where they worked last, if they still do; else the choice of a customer."""
        person = request.user
        if isinstance(person, Person) and person.last_customer_id:
            for membership in active_memberships(person_id=person.pk):
                if membership.customer_id == person.last_customer_id:
                    return customer_url(membership.customer.slug, "overview")
        return str(super().get_login_redirect_url(request))

    def _how(self, request: HttpRequest, user: Person) -> tuple[str, str]:
        """The method of a sign-in, and the kind of its second step if it had one."""
        records = get_authentication_records(request, user)
        method = entrance.method_of(records)
        steps = [str(record.get("type", "")) for record in records if record.get("method") == "mfa"]
        return method, steps[-1] if steps and method != "passkey" else ""

    def _adopt(self, request: HttpRequest, user: Person) -> None:
        """Who has never chosen takes over what was chosen in this browser before signing in."""
        zone = cookies.remembered_zone(request)
        offered = {
            "language": get_language() if settings.LANGUAGE_COOKIE_NAME in request.COOKIES else "",
            "country": cookies.remembered_country(request),
            "time_zone": zone.key if zone else "",
        }
        chosen = {name: value for name, value in offered.items() if value and not getattr(user, name)}
        if chosen:
            change_preferences(actor=actor_of_person(user), now=clock.now(), **chosen)


class TwoStepAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are encrypted: a stolen table signs nobody in."""

    def encrypt(self, text: str) -> str:
        return cipher("two_step").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher("two_step").decrypt(encrypted_text.encode()).decode()
