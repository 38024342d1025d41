"""The API's reference, read from the schema that the code itself produces."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext
from drf_spectacular.generators import SchemaGenerator

from accounts.rules.events import PUBLIC
from sealing.formats.errors import CODES


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: `fields` and `parameters` are (name, type, required, text); `answers` are (status, text)."""

    method: str
    path: str
    anchor: str
    summary: str
    parameters: list[tuple[str, str, bool, str]]
    fields: list[tuple[str, str, bool, str]]
    answers: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything the page shows; `events` are (type, what happened, fields with their meaning)."""

    base_url: str
    operations: list[Operation]
    document_codes: dict[str, str] = field(default_factory=dict)
    events: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)


def reference() -> Reference:
    """The reference in the reader's language."""
    return _reference(get_language() or "en")


@lru_cache(maxsize=8)
def _reference(language: str) -> Reference:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = sorted(
        (
            _operation(schema, path, method, found)
            for path, methods in schema["paths"].items()
            for method, found in methods.items()
        ),
        key=lambda operation: (
            not operation.path.startswith("/api/v1/seals"),
            operation.path,
            operation.method != "POST",
        ),
    )
    codes = {code: gettext(sentence) for code, sentence in CODES.items()}
    return Reference(settings.BASE_URL, operations, codes, _events())


def _events() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every event that customers are told of: type, what happened, and its fields with their meaning."""
    return [
        (name, gettext(kind.words), [(key, gettext(meaning)) for key, meaning in kind.fields.items()])
        for name, kind in sorted(PUBLIC.items())
    ]


def _operation(schema: dict[str, Any], path: str, method: str, found: dict[str, Any]) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        anchor=found["operationId"],
        summary=found.get("summary") or found.get("description", ""),
        parameters=[
            (p["name"], _kind(p["schema"]), p.get("required", False), p.get("description", ""))
            for p in found.get("parameters", [])
        ],
        fields=_fields(schema, found.get("requestBody", {}).get("content", {})),
        answers=[
            (status, answer.get("description") or "")
            for status, answer in found["responses"].items()
            if status != "default"
        ],
    )


def _fields(schema: dict[str, Any], content: dict[str, Any]) -> list[tuple[str, str, bool, str]]:
    bodies: list[dict[str, Any]] = [found["schema"] for found in content.values()] or [{}]
    body = bodies[0]
    name = body.get("$ref", "").rpartition("/")[2]
    if not name:
        return []
    component = schema["components"]["schemas"][name]
    required = set(component.get("required", []))
    return [
        (key, _kind(kind), key in required, kind.get("description", ""))
        for key, kind in component["properties"].items()
    ]


def _kind(kind: dict[str, Any]) -> str:
    return kind.get("format") or kind.get("type") or kind.get("$ref", "").rpartition("/")[2] or "object"
