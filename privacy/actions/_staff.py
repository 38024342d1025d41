"""What the acts of staff on the registers have in common."""

from __future__ import annotations

from kernel.actor import Actor
from kernel.errors import FieldError, Forbidden, InvalidInput


def require_staff(actor: Actor) -> None:
    """Raise `Forbidden` for everybody else. Which of staff may, their door has asked."""
    if actor.kind != "staff":
        raise Forbidden


def wrong(field: str, code: str, words: str) -> InvalidInput:
    """The refusal of one field."""
    return InvalidInput(errors=[FieldError(f"/{field}", code, words)])
