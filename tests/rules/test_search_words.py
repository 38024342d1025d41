"""By which words documents are found."""

from __future__ import annotations

import pytest

from sealing.rules.downloads import MOST_BYTES, MOST_DOCUMENTS, fits_one_download
from sealing.rules.labels import MOST_LETTERS, label_fault, label_key, label_name
from sealing.rules.search_words import LONGEST_BEGINNING, findable_words, sought_words


@pytest.mark.parametrize(
    "search",
    [
        "inv",
        "INVO",
        "Invoice",
        "2026",
        "11",
        "pdf",
        "invoice 2026",
        "zodz",
        "žodžiai",
        "ŽODŽ",
        "acme",
        "4711",
        "po4711",
    ],
)
def test_a_name_is_found_by_beginnings_of_its_words_whatever_case_and_accents(search: str) -> None:
    found = findable_words(("Invoice-2026-11 Žodžiai.pdf", "ACME_PO4711"))
    assert sought_words(search) <= found, search


@pytest.mark.parametrize("search", ["in", "voice", "2027", "invoices", "invoice 2025", "1", "acmes"])
def test_what_no_word_begins_with_is_not_found(search: str) -> None:
    assert not sought_words(search) <= findable_words(("Invoice-2026-11.pdf", "acme"))


@pytest.mark.parametrize("length", [LONGEST_BEGINNING - 1, LONGEST_BEGINNING, LONGEST_BEGINNING + 1, 200])
def test_long_words_are_found_by_all_that_was_typed_of_them(length: int) -> None:
    assert sought_words("a" * length) <= findable_words(("a" * 210,))
    assert len(findable_words(("a" * 255,))) == LONGEST_BEGINNING - 2


def test_a_search_without_a_word_seeks_nothing() -> None:
    assert sought_words(" -_./ ") == frozenset()


def test_a_label_is_kept_as_it_is_read_and_compared_whatever_the_case() -> None:
    assert label_name("  Board\t papers\u200b\x00 ") == "Board papers"
    assert label_key("Žalias") == label_key("ŽALIAS")
    assert [label_fault("x" * length) for length in (0, 1, MOST_LETTERS, MOST_LETTERS + 1)] == [
        "required",
        None,
        None,
        "too_long",
    ]


def test_a_download_ends_where_its_limits_are() -> None:
    assert fits_one_download(MOST_DOCUMENTS, MOST_BYTES)
    assert not fits_one_download(MOST_DOCUMENTS + 1, 1)
    assert not fits_one_download(1, MOST_BYTES + 1)
