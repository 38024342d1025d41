"""Names in an archive: different for every computer, safe on every one."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sealing.rules.archives import unique_names


def test_equal_names_are_numbered_whatever_their_case_or_composition() -> None:
    names = ["a.pdf", "A.PDF", "a (2).pdf", "a.pdf", "\u017easis", "z\u030casis", "items.csv"]

    assert unique_names(names, taken=["items.csv"]) == [
        *("a.pdf", "A (2).PDF", "a (2) (2).pdf", "a (3).pdf", "\u017easis", "z\u030casis (2)", "items (2).csv")
    ]


@given(st.lists(st.one_of(st.text(max_size=300), st.sampled_from(["../../etc/passwd", "CON.pdf", "a:b?.pdf", "x.y"]))))
def test_no_name_leads_out_of_the_folder_or_over_another(names: list[str]) -> None:
    safe = unique_names(names, taken=["items.csv"])

    assert len({unicodedata.normalize("NFC", name).casefold() for name in [*safe, "items.csv"]}) == len(names) + 1
    for name in safe:
        assert 0 < len(name.encode()) <= 255
        assert not set(name) & set('/\\<>:"|?*\0')
        assert name not in {".", ".."}
        assert name.split(".")[0].upper() not in {"CON", "NUL"}
