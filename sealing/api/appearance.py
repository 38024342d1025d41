"""How the appearance of a seal is asked for: an object in JSON, or its text in a form."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from kernel.errors import FieldError, InvalidInput
from sealing.rules.appearance import DEFAULT_SIZE, DEFAULT_TEXT, PLACES, Appearance, plain_text

_POINTER = "/appearance"


class AppearanceInput(serializers.Serializer):
    """What a seal shows on a page. Lengths are points of 1/72 inch, on the page as a reader shows it."""

    page = serializers.IntegerField(default=1, help_text="From 1, or from the end: -1 is the last page.")
    place = serializers.ChoiceField(PLACES, default="bottom-right", help_text="Half an inch from the page's edges.")
    size = serializers.ListField(
        child=serializers.FloatField(), default=list(DEFAULT_SIZE), help_text="Width and height of the box at `place`."
    )
    box = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        help_text="Instead of place and size: x and y of the box's top left corner, counted from the page's top left"
        " corner to the right and down, then width and height.",
    )
    text = serializers.CharField(
        default=DEFAULT_TEXT,
        help_text="At most 300 characters, with line breaks. {name}, {date} and {time} are filled in; empty: no text.",
    )
    logo = serializers.CharField(required=False, help_text="A PNG or JPEG in base64, at most 200 kB.")
    qr = serializers.BooleanField(default=False, help_text="A QR code that leads to the page for verifying seals.")


def read_appearance(asked: Any) -> Appearance | None:
    """The appearance of an object or of its JSON text, None without one; raises `InvalidInput` with pointers."""
    if asked in (None, ""):
        return None
    values = _object(asked)
    given: dict[str, Any] = {}
    for name, reader in _READERS.items():
        if (value := values.get(name)) is not None:
            given[name] = reader(name, value)
    return Appearance(**given)


def _object(asked: Any) -> Mapping[str, Any]:
    try:
        values = json.loads(asked) if isinstance(asked, str) else asked
    except (ValueError, RecursionError) as error:
        raise _wrong("", "not_json", _("This must be a JSON object.")) from error
    if not isinstance(values, Mapping):
        raise _wrong("", "not_an_object", _("This must be a JSON object."))
    if unknown := [str(name) for name in values if name not in _READERS]:
        detail = _("This field is not known here.")
        raise InvalidInput(errors=[FieldError(f"{_POINTER}/{name}", "unknown_field", detail) for name in unknown])
    if values.get("box") is not None and (values.get("place") is not None or values.get("size") is not None):
        raise _wrong("/box", "box_or_place", _("Give a box, or a place with a size; not both."))
    return values


def _page(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(f"/{name}", "not_a_number", _("This must be a whole number."))
    return value


def _lengths(name: str, value: Any) -> tuple[float, ...]:
    count = {"box": 4, "size": 2}[name]
    numbers = value if isinstance(value, list) else []
    if len(numbers) != count or not all(isinstance(each, int | float) and abs(each) < 1e9 for each in numbers):
        sentences = {"box": _("A box is four numbers: x, y, width and height in points.")}
        raise _wrong(f"/{name}", "not_a_box", sentences.get(name) or _("A size is two numbers: width and height."))
    return tuple(float(each) for each in numbers)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(f"/{name}", "not_a_text", _("This must be a text."))
    return plain_text(value) if name == "text" else value


def _logo(name: str, value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise _wrong(f"/{name}", "not_base64", _("This must be base64.")) from error


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(f"/{name}", "not_a_switch", _("This must be true or false."))
    return value


def _wrong(pointer: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(f"{_POINTER}{pointer}", code, detail)])


_READERS = {
    "page": _page,
    "place": _text,
    "size": _lengths,
    "box": _lengths,
    "text": _text,
    "logo": _logo,
    "qr": _switch,
}
