"""Every file of the collection has a verdict in time, every disagreement an explanation, and the page says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sealing.formats.verification.words import ANSWERS, FAILED, PASSED
from tests.corpus.validation_corpus import EXPLAINED, LONGEST_SECONDS, OUTSIDE, PAGE, Row, examine, page

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = examine(Path(os.environ["SEALPORT_CORPUS"]))
    assert found, "SEALPORT_CORPUS names no folder with signed-pdf/, pdf/ and asic/"
    return found


@pytest.mark.timeout(600)
def test_every_file_has_a_documented_answer_within_its_time(rows: list[Row]) -> None:
    assert {row.found.code for row in rows} <= ANSWERS.keys()
    assert [row.name for row in rows if row.seconds >= LONGEST_SECONDS] == []


def test_nothing_passes_that_leads_to_no_root_of_ours(rows: list[Row]) -> None:
    assert [row.name for row in rows if row.indication == PASSED] == []


def test_what_is_said_to_be_harmed_never_passes_even_with_its_own_roots_unless_explained(rows: list[Row]) -> None:
    harmed = [row for row in rows if row.expected == FAILED and Path(row.name).stem not in EXPLAINED]
    assert harmed
    assert [row.name for row in harmed if row.indication != FAILED] == []
    assert [row.name for row in harmed if row.own and ANSWERS[row.own.code].indication == PASSED] == []


def test_unsigned_documents_are_told_as_what_they_are(rows: list[Row]) -> None:
    for folder, code in OUTSIDE.items():
        codes = [row.found.code for row in rows if row.folder == folder]
        assert codes.count(code) > 0.9 * len(codes)


def test_every_disagreement_is_explained_and_every_explanation_is_needed(rows: list[Row]) -> None:
    disagreeing = {Path(row.name).stem for row in rows if not row.agrees}
    assert disagreeing == EXPLAINED.keys()


def test_the_page_is_up_to_date(rows: list[Row]) -> None:
    assert PAGE.read_text() == page(rows), "run python -m tests.corpus.validation_corpus"
