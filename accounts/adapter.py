"""Where allauth asks us: what a new person is called, what follows a sign-in, how two-step secrets are kept."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from accounts.actions.open_customer import open_customer
from accounts.gateways.ciphers import cipher
from accounts.gateways.mail import with_html
from accounts.models import Person
from accounts.queries import actor_of_person
from kernel import clock
from kernel.errors import NotFound


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
        with suppress(NotFound):
            open_customer(actor=actor_of_person(user), now=clock.now())
        return super().post_login(request, user, **details)


class TwoStepAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are encrypted: a stolen table signs nobody in."""

    def encrypt(self, text: str) -> str:
        return cipher("two_step").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher("two_step").decrypt(encrypted_text.encode()).decode()
