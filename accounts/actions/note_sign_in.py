"""Puts on record that somebody signed in."""

from __future__ import annotations

from datetime import datetime

from kernel import audit
from kernel.actor import Actor


def note_sign_in(*, actor: Actor, method: str, second_step: str, address: str, now: datetime) -> None:
    """Record a sign-in by `method` (see `rules.entrance`), with the kind of its second step if there was one."""
    details = {"method": method, "second_step": second_step, "address": address}
    audit.record(actor=actor, action="person.signed_in", now=now, subject=actor.person, details=details)
