"""How the body of an API request is read."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class JsonParser(JSONParser):
    """JSON that is nested deeper than can be read is malformed, too, and so is half a character (`"\\ud800"`): neither
    the database nor an answer can hold it.
    """

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            found = super().parse(*args, **kwargs)
            _encode(found)
        except (RecursionError, UnicodeEncodeError) as error:
            raise ParseError from error
        return found


def _encode(value: Any) -> None:
    """Raise `UnicodeEncodeError` for a text that is none."""
    if isinstance(value, str):
        if not value.isascii():  # known without looking, also of the content of a large file
            value.encode()
    elif isinstance(value, dict):
        for name, inner in value.items():
            _encode(name)
            _encode(inner)
    elif isinstance(value, list):
        for inner in value:
            _encode(inner)
