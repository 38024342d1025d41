"""How the body of an API request is read."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class JsonParser(JSONParser):
    """JSON that is nested deeper than can be read is malformed, too."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError from error


class TextParser(JsonParser):
    """For bodies whose fields nobody declares: half a character (`"\\ud800"`), which neither the database nor an answer
    can hold, is malformed wherever it stands.
    """

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        found = super().parse(*args, **kwargs)
        try:
            _encode(found)
        except UnicodeEncodeError as error:
            raise ParseError from error
        return found


def _encode(value: Any) -> None:
    """Raise `UnicodeEncodeError` for a text that is none."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for name, inner in value.items():
            _encode(name)
            _encode(inner)
    elif isinstance(value, list):
        for inner in value:
            _encode(inner)
