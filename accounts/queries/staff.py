"""What is asked of the operator's own people before they may work."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator

_SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_step(person: Any) -> bool:
    """Whether the person has an authenticator app or a passkey; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user_id=person.pk, type__in=_SECOND_STEPS).exists())
