"""Puts on record that somebody changed how they sign in."""

from __future__ import annotations

from datetime import datetime

from kernel import audit
from kernel.actor import Actor

_CHANGES = {
    "account/email/password_changed": "person.password_changed",
    "account/email/password_reset": "person.password_reset",
    "account/email/password_set": "person.password_set",
    "account/email/email_changed": "person.email_changed",
    "account/email/email_deleted": "person.email_removed",
    "mfa/email/totp_activated": "person.second_step_added",
    "mfa/email/totp_deactivated": "person.second_step_removed",
    "mfa/email/webauthn_added": "person.passkey_added",
    "mfa/email/webauthn_removed": "person.passkey_removed",
    "mfa/email/recovery_codes_generated": "person.recovery_codes_made",
    "mfa/email/recovery_code_used": "person.recovery_code_used",
}


def note_account_change(*, actor: Actor, mail: str, now: datetime) -> None:
    """Record the change that allauth announces with this mail; what it does not name is none."""
    if action := _CHANGES.get(mail):
        audit.record(actor=actor, action=action, now=now, subject=actor.person)
