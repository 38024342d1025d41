"""What can be right on no page at all is told before anything is stored."""

from __future__ import annotations

from typing import Any

import pytest

from sealing.rules.appearance import MAX_LOGO_BYTES, PLACES, Appearance, appearance_faults, plain_text

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        ({}, []),
        ({"page": -20_000}, []),
        ({"page": 0}, [("page", "no_such_page")]),
        ({"page": 20_001}, [("page", "no_such_page")]),
        ({"place": "middle"}, [("place", "place_unknown")]),
        ({"size": (36, 18)}, []),
        ({"size": (35.9, 18)}, [("size", "box_too_small")]),
        ({"box": (0, 0, 36, 17.9)}, [("box", "box_too_small")]),
        ({"box": (-0.1, 0, 100, 40)}, [("box", "box_outside_page")]),
        ({"box": (0, 14_400, 100, 40)}, []),
        ({"box": (0, 14_401, 100, 40)}, [("box", "not_a_box")]),
        ({"box": (0, float("nan"), 100, 40)}, [("box", "not_a_box")]),
        ({"text": "ž" * 300}, []),
        ({"text": "ž" * 301}, [("text", "too_long")]),
        ({"text": "two\nlines"}, []),
        ({"text": "tab\there"}, [("text", "control_characters")]),
        ({"text": "half \ud800"}, [("text", "control_characters")]),
        ({"text": "", "qr": True}, []),
        ({"text": "", "logo": PNG}, []),
        ({"text": " \n"}, [("text", "nothing_to_show")]),
        ({"logo": PNG + bytes(MAX_LOGO_BYTES - 8)}, []),
        ({"logo": PNG + bytes(MAX_LOGO_BYTES - 7)}, [("logo", "logo_too_large")]),
        ({"logo": b"\xff\xd8\xff\xe0"}, []),
        ({"logo": b"GIF89a"}, [("logo", "not_a_picture")]),
        (
            {"page": 0, "place": "?", "text": "x" * 301},
            [("page", "no_such_page"), ("place", "place_unknown"), ("text", "too_long")],
        ),
    ],
)
def test_every_fault_is_told_with_its_field(asked: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    found = [(fault.field.removeprefix("appearance/"), fault.code) for fault in appearance_faults(Appearance(**asked))]
    assert found == faults


def test_every_named_place_can_be_asked_for() -> None:
    assert not [place for place in PLACES if appearance_faults(Appearance(place=place))]


def test_what_is_known_only_when_the_seal_is_made_is_filled_in_once() -> None:
    asked = Appearance(text="{name}: {date}, {time} {other} {{name}}")
    assert asked.filled(name="UAB {date}", date="D", time="T") == "UAB {date}: D, T {other} {UAB {date}}"


def test_a_text_is_composed_and_its_lines_end_in_one_way() -> None:
    assert plain_text(" z\u030cuve\u0307dra\r\nu\u0304kis\r") == "žuvėdra\nūkis"
