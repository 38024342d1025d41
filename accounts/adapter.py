"""Where allauth asks us: what a new person is called, what follows a sign-in, how two-step secrets are kept."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import force_bytes
from django.utils.translation import get_language

from accounts.actions.open_customer import STAYS_AN_APPLICATION, open_customer
from accounts.gateways.mail import with_html
from accounts.models import Person
from accounts.queries import actor_of_person
from kernel import clock
from kernel.errors import NotFound, Outage


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up goes through our own forms; the first sign-in with a confirmed address opens the customer."""

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL

    def render_mail(self, *args: Any, **options: Any) -> EmailMultiAlternatives:
        return with_html(super().render_mail(*args, **options))

    def new_user(self, request: HttpRequest) -> Person:
        return Person(language=get_language() or "")

    def save_user(self, request: HttpRequest, user: Person, form: Any, commit: bool = True) -> Person:
        user.name = form.cleaned_data.get("name", "")
        return super().save_user(request, user, form, commit)

    def post_login(self, request: HttpRequest, user: Person, **details: Any) -> HttpResponse:
        """Called when every step of the sign-in is done, so that the address is confirmed by now."""
        try:
            open_customer(actor=actor_of_person(user), now=clock.now())
        except NotFound:
            pass
        except Outage:
            messages.warning(request, STAYS_AN_APPLICATION)
        return super().post_login(request, user, **details)


class TwoStepAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are encrypted: a stolen table signs nobody in."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """Encrypts under the newest secret key, decrypts under those it replaced too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"accounts.two_step:" + force_bytes(key)).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
