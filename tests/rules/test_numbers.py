"""Numbers of documents, and references that every bank can check."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from billing.rules.numbers import SERIES, document_number, issue_date, payment_reference
from tests.doubles.bank import rf_reference


def test_each_kind_has_a_series_of_its_own() -> None:
    assert SERIES == {"invoice": "INV", "credit_note": "CRN", "interest_note": "INT"}


def test_a_number_has_series_year_and_place() -> None:
    assert document_number("INV", 2026, 123) == "INV-2026-000123"
    assert document_number("CRN", 2027, 1_234_567) == "CRN-2027-1234567"


@pytest.mark.parametrize(
    ("number", "reference"),
    [("INV-2026-000001", "RF94INV2026000001"), ("INV-2026-000123", "RF98INV2026000123")],
)
def test_a_reference_is_that_of_the_number(number: str, reference: str) -> None:
    assert payment_reference(number) == reference


@given(st.sampled_from(sorted(SERIES.values())), st.integers(2020, 2099), st.integers(1, 9_999_999))
def test_every_reference_is_valid_and_fits_the_standard(series: str, year: int, serial: int) -> None:
    number = document_number(series, year, serial)
    reference = payment_reference(number)
    assert iso11649.validate(reference) == reference
    assert len(reference) <= 25
    assert reference == rf_reference(number)


def test_dates_never_go_back_with_numbers() -> None:
    first, second = date(2026, 12, 1), date(2026, 12, 2)
    assert issue_date(second, None) == second
    assert issue_date(second, first) == second
    assert issue_date(first, second) == second
