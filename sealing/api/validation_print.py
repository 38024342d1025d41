"""A validation on paper, from what the API and the public page tell.

The page keeps nothing of a file. For a report the browser brings the result back, which was signed for an hour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder

from kernel.printing import print_pdf

LIFE_SECONDS = 3600
MOST_FILES = 200
_SALT = "sealing.verification.result"
_MOMENTS = {"verified_at", "claimed_at", "proven_at", "time", "not_before", "not_after", "as_of", "list_issued_at"}


class ResultGone(Exception):
    """The result is too old, or not as it was signed."""


def print_validation(represented: Mapping[str, Any], *, name: str) -> bytes:
    """`represent_validation`'s answer about the file of that name as PDF/A, in the reader's language."""
    files = represented["document"]["files"]
    context = {"result": represented, "name": name, "files": files[:MOST_FILES], "more": len(files[MOST_FILES:])}
    return print_pdf("print/verification.html", context)


def pack_result(represented: Mapping[str, Any], *, name: str) -> str:
    """The result for the browser to keep; `unpack_result` accepts it for an hour, in any process."""
    plain = json.loads(json.dumps([represented, name], cls=DjangoJSONEncoder))
    return signing.dumps(plain, salt=_SALT, compress=True)


def unpack_result(packed: str) -> tuple[dict[str, Any], str]:
    """The answer and the file's name; raises `ResultGone`."""
    try:
        represented, name = signing.loads(packed, salt=_SALT, max_age=LIFE_SECONDS)
    except signing.BadSignature as error:
        raise ResultGone from error
    return _with_moments(represented), name


def _with_moments(value: Any) -> Any:
    match value:
        case dict():
            return {key: _moment(each) if key in _MOMENTS else _with_moments(each) for key, each in value.items()}
        case list():
            return [_with_moments(each) for each in value]
    return value


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
