"""What an application must say (clauses B18, C1, C5)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.applications import (
    Declaration,
    Particulars,
    declarations_needed,
    declared,
    misfits,
    register_number,
    vat_number,
)

HOME = {"street": "Gedimino pr. 1", "city": "Vilnius"}


@pytest.mark.parametrize(
    ("country", "written", "kept"),
    [
        ("LT", "123033512", "123033512"),
        ("LT", " 121 215 587 ", "121215587"),
        ("LT", "1234567", "1234567"),
        ("LV", "40003521600", "40003521600"),
        ("EE", "12345678", "12345678"),
        ("FI", "2077474-0", "20774740"),
        ("DE", "Aachen HRA 11223", "Aachen HRA 11223"),
        ("AT", "FN 122119m", "122119m"),
        ("CH", "CHE-107.787.577", "CHE107787577"),
        ("NO", "988 077 917", "988077917"),
        ("PL", "0000123456", "0000123456"),
        ("GB", "oc301540", "OC301540"),
        ("US", "c 12-345", "C 12-345"),
    ],
)
def test_a_register_number_is_kept_as_its_country_writes_it(country: str, written: str, kept: str) -> None:
    assert register_number(country, written) == kept
    assert register_number(country, kept) == kept


@pytest.mark.parametrize(
    ("country", "written"),
    [
        ("LT", "123033513"),
        ("LT", "12303351"),
        ("LT", "１２３０３３５１２"),
        ("LV", "40003521601"),
        ("LV", "16117519997"),  # a person's code
        ("EE", "12345679"),
        ("DE", "HRB 1234"),
        ("PL", "123"),
        ("US", "<b>"),
        ("US", ""),
    ],
)
def test_what_can_be_no_register_number_there_is_refused(country: str, written: str) -> None:
    assert register_number(country, written) is None


@pytest.mark.parametrize(
    ("country", "written", "kept"),
    [
        ("LT", "119511515", "LT119511515"),
        ("LT", "lt 119511515", "LT119511515"),
        ("GR", "094259216", "EL094259216"),
        ("EE", "EE100931558", "EE100931558"),
        ("GB", "GB 980 7806 84", "GB980780684"),
        ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("NO", "NO 995 525 828 MVA", "995525828MVA"),
        ("LT", "119511516", None),
        ("DE", "LT119511515", None),
        ("GB", "802311781", None),
    ],
)
def test_a_vat_number_is_checked_by_its_country(country: str, written: str, kept: str | None) -> None:
    assert vat_number(country, written) == kept
    assert kept is None or vat_number(country, kept) == kept


@given(st.sampled_from(["LT", "LV", "EE", "DE", "FI", "GB", "US", "XX"]), st.text(max_size=50))
def test_no_text_upsets_the_checks(country: str, text: str) -> None:
    for check in (register_number, vat_number):
        kept = check(country, text)
        assert kept is None or check(country, kept) == kept


def test_an_entity_declares_authority_and_a_consumer_gives_up_the_right_to_withdraw() -> None:
    both = {Declaration.DOCUMENTS, Declaration.SANCTIONS}
    assert declarations_needed(legal_entity=True) == both | {Declaration.AUTHORITY}
    assert declarations_needed(legal_entity=False) == both | {Declaration.WAIVER}


def test_a_declaration_is_kept_with_the_text_that_was_shown() -> None:
    now = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    kept = declared(Declaration.WAIVER, text="Sutinku.", language="lt", now=now)
    assert kept.sha256 == hashlib.sha256(b"Sutinku.").hexdigest()
    assert (kept.key, kept.text, kept.language) == ("waiver", "Sutinku.", "lt")
    assert kept.declared_at == "2026-11-23T09:30:00+00:00"


def test_an_entity_has_a_number_and_somebody_in_a_position_and_a_person_neither() -> None:
    entity = Particulars(register_number="123033512", **HOME)
    assert misfits(entity, country="LT", legal_entity=True, position="Director") == []
    assert misfits(Particulars(), country="LT", legal_entity=True, position=" ") == [
        "street",
        "city",
        "register_number",
        "position",
    ]
    wrong = Particulars(register_number="123", vat_number="LT1", **HOME)
    assert misfits(wrong, country="LT", legal_entity=True, position="x") == ["register_number", "vat_number"]
    assert misfits(Particulars(**HOME), country="LT", legal_entity=False, position="") == []
    assert misfits(entity, country="LT", legal_entity=False, position="") == ["register_number"]
