"""What a directory says about a user in SCIM 2.0 (RFC 7643, RFC 7644), in the spellings that directories use.

Microsoft Entra ID writes booleans as the texts "True" and "False", operations in capitals, operations without a path,
and paths with filters. What we do not know is left out, as RFC 7644 3.5.2 allows a service to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.rules.sign_in import PROVIDED_ROLES

CORE = "urn:ietf:params:scim:schemas:core:2.0"
USER = f"{CORE}:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST = 200

_FILTER = re.compile(r'\s*([\w.:]+(?:\[[^\]]*\]\.\w+)?)\s+eq\s+"((?:[^"\\]|\\.)*)"\s*', re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_LONGEST = 255


class Unreadable(ValueError):
    """What was sent is no SCIM that we understand; `kind` is RFC 7644's `scimType`."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a directory wants a user to be; None: it says nothing about it."""

    user_name: str | None = None
    name: str | None = None
    external_id: str | None = None
    active: bool | None = None
    role: str | None = None


def read_filter(text: str) -> tuple[str, str]:
    """`userName eq "…"` as attribute and value; raises `Unreadable`. Other filters are not offered."""
    match = _FILTER.fullmatch(text)
    attribute = _plain(match[1]) if match else ""
    known = {"username": "user_name", "emails.value": "user_name", "externalid": "external_id", "id": "member_id"}
    if match is None or attribute not in known:
        raise Unreadable("invalidFilter", 'Only filters such as userName eq "name@example.com" are offered.')
    return known[attribute], re.sub(r"\\(.)", r"\1", match[2])


def read_user(body: Any) -> Wanted:
    """What a whole user resource says (POST, PUT); raises `Unreadable`."""
    if not isinstance(body, Mapping):
        raise Unreadable("invalidSyntax", "A user is a JSON object.")
    return _read(Wanted(), _flat(body))


def read_patch(body: Any) -> Wanted:
    """What a PATCH wants changed; later operations win. Raises `Unreadable`."""
    told = {str(key).lower(): value for key, value in body.items()} if isinstance(body, Mapping) else {}
    operations = told.get("operations")
    if not isinstance(operations, list) or len(operations) > MOST:
        raise Unreadable("invalidSyntax", "A PATCH has a list of Operations.")
    wanted = Wanted()
    for operation in operations:
        if not isinstance(operation, Mapping):
            raise Unreadable("invalidSyntax", "An operation is a JSON object.")
        wanted = _operate(wanted, operation)
    return wanted


def _operate(wanted: Wanted, operation: Mapping[str, Any]) -> Wanted:
    verb, path, value = str(operation.get("op", "")).lower(), operation.get("path") or "", operation.get("value")
    if verb not in {"add", "replace", "remove"}:
        raise Unreadable("invalidSyntax", "An operation is add, replace or remove.")
    if not isinstance(path, str):
        raise Unreadable("invalidPath", "A path is a text.")
    if verb == "remove":
        return replace(wanted, external_id="") if _plain(path) == "externalid" else wanted
    if path:
        return _read(wanted, [(_plain(path), value)])
    if not isinstance(value, Mapping):
        raise Unreadable("invalidValue", "An operation without a path has an object as its value.")
    return _read(wanted, _flat(value))


def _flat(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Attributes and those inside `name`, as paths in lower case."""
    for key, value in body.items():
        path = _plain(str(key))
        if path == "name" and isinstance(value, Mapping):
            yield from ((f"name.{inner.lower()}", each) for inner, each in value.items())
        else:
            yield path, value


def _plain(path: str) -> str:
    return _BRACKETS.sub("", path.lower().removeprefix(USER.lower() + ":"))


def _read(wanted: Wanted, told: Any) -> Wanted:
    parts: dict[str, str] = {}
    for path, value in told:
        if path == "username":
            wanted = replace(wanted, user_name=_text(value).strip().lower())
        elif path == "active":
            wanted = replace(wanted, active=_truth(value))
        elif path == "externalid":
            wanted = replace(wanted, external_id=_text(value))
        elif path in {"roles", "roles.value"}:
            wanted = replace(wanted, role=_role(value))
        elif path in {"displayname", "name.formatted", "name.givenname", "name.familyname"} and value:
            parts[path] = _text(value)
    return replace(wanted, name=_name(parts)) if parts else wanted


def _name(parts: Mapping[str, str]) -> str | None:
    whole = parts.get("displayname") or parts.get("name.formatted")
    both = [parts[path] for path in ("name.givenname", "name.familyname") if path in parts]
    return whole or (" ".join(both) if len(both) == 2 else None)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
        raise Unreadable("invalidValue", "A text of at most 255 characters is needed.")
    return value


def _truth(value: Any) -> bool:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0].get("value")
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise Unreadable("invalidValue", "active is true or false.")


def _role(value: Any) -> str | None:
    """The first role named that may be given this way."""
    named = value if isinstance(value, list) else [value]
    words = [each.get("value") if isinstance(each, Mapping) else each for each in named]
    return next((word.lower() for word in words if isinstance(word, str) and word.lower() in PROVIDED_ROLES), None)
