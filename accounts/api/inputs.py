"""What the API of members takes: a JSON object with known fields and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.rules.invitation_lists import looks_like_address
from accounts.rules.permissions import Role
from kernel.errors import FieldError, InvalidInput

CHANGEABLE_STATUSES = ("active", "suspended")


def read_object(request: Request, known: Collection[str]) -> Mapping[str, Any]:
    """The body; raises `InvalidInput` for anything but an object, and for every field that is not known here."""
    body = request.data
    if not isinstance(body, Mapping):
        raise InvalidInput(errors=[FieldError("", "invalid", _("Send a JSON object."))])
    if unknown := sorted(set(map(str, body)) - set(known)):
        detail = _("This field is not known here.")
        raise InvalidInput(errors=[FieldError(f"/{name}", "unknown_field", detail) for name in unknown])
    return body


def read_email(body: Mapping[str, Any]) -> str:
    """The address in `email`; raises `InvalidInput`."""
    email = body.get("email")
    if not isinstance(email, str) or not looks_like_address(email.strip()):
        raise InvalidInput(errors=[FieldError("/email", "invalid", _("Write an e-mail address."))])
    return email.strip()


def read_role(body: Mapping[str, Any]) -> Role:
    """The role in `role`; raises `InvalidInput`."""
    return Role(_one_of(body, "role", list(Role)))


def read_status(body: Mapping[str, Any]) -> str:
    """`active` or `suspended`, in `status`; raises `InvalidInput`."""
    return _one_of(body, "status", CHANGEABLE_STATUSES)


def _one_of(body: Mapping[str, Any], name: str, allowed: Collection[str]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in allowed:
        detail = _("Choose one of: %(values)s.") % {"values": ", ".join(allowed)}
        raise InvalidInput(errors=[FieldError(f"/{name}", "invalid_choice", detail)])
    return value
