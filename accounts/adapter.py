"""Where allauth asks us: who may sign up by itself, and where one lands."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up goes through our own form; mails carry our subject lines."""

    def get_from_email(self) -> str:
        from django.conf import settings

        return settings.DEFAULT_FROM_EMAIL

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True
