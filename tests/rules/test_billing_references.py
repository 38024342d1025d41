"""What payers write, and what of it can be believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from billing.rules.references import is_creditor_reference, named_in
from tests.doubles.bank import rf_reference

SERIES = ("INV", "CN", "INT")
ONE, TWO = rf_reference("INV-2026-000001"), rf_reference("INV-2026-000002")


def wrong(reference: str) -> str:
    """The same with other check digits."""
    return f"RF{(int(reference[2:4]) + 1) % 100:02}{reference[4:]}"


@pytest.mark.parametrize(
    ("texts", "numbers", "doubtful"),
    [
        ([ONE], ["INV-2026-000001"], 0),
        ([" ".join(ONE.lower())], ["INV-2026-000001"], 0),
        ([f"{ONE[:4]} {ONE[4:8]} {ONE[8:12]} {ONE[12:]}"], ["INV-2026-000001"], 0),
        ([f"Payment for {ONE}, thank you"], ["INV-2026-000001"], 0),
        ([f"{ONE}/{TWO}"], ["INV-2026-000001", "INV-2026-000002"], 0),
        ([TWO + ONE], ["INV-2026-000002", "INV-2026-000001"], 0),
        ([ONE, f"invoice INV-2026-000001 {ONE}"], ["INV-2026-000001"], 0),
        (["Invoice INV-2026-000001 of 1.11.2026"], ["INV-2026-000001"], 0),
        (["INVOICEINV2026000001"], ["INV-2026-000001"], 0),
        (["INV-2026-1 05.11.2026", "INV-2026-000002 3"], ["INV-2026-000001", "INV-2026-000002"], 0),
        (["INV-2026-0000012", "ACINV 2026 1", "INV - - 2026 1", "INV 2026 - - 1"], [], 0),
        (["INV - 2026 - 1"], ["INV-2026-000001"], 0),
        (["inv 2026 1"], ["INV-2026-000001"], 0),
        (["INV/2026/00012"], ["INV-2026-000012"], 0),
        (["INV-2026-1 and INV-2026-2"], ["INV-2026-000001", "INV-2026-000002"], 0),
        (["int 2026 000007"], ["INT-2026-000007"], 0),
        ([wrong(ONE)], [], 1),
        ([f"{wrong(ONE)[:4]} {wrong(ONE)[4:]}"], [], 1),
        ([f"{wrong(ONE)} {TWO}"], ["INV-2026-000002"], 1),
        ([ONE[:-1]], [], 1),
        ([ONE[:9]], [], 1),
        (["rent for November", "2026-000001", "INV 2026", "ABC-2026-000001", ""], [], 0),
        (["INVINV 2026"], [], 0),
    ],
)
def test_a_document_is_found_however_it_is_written(texts: list[str], numbers: list[str], doubtful: int) -> None:
    found = named_in(texts, series=SERIES)
    assert (list(found.numbers), len(found.doubtful)) == (numbers, doubtful)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("INV---2026---1", ["INV-2026-000001"]),
        ("INV----2026-1", []),
        ("INV-2026----1", []),
        ("INV20261", []),
        ("INV-2026-12345", ["INV-2026-012345"]),
        ("INV-202-1", []),
        ("xINV---2026---000001", ["INV-2026-000001"]),
        ("xINV----2026000001", []),
        ("xINV2026----000001", []),
        ("xINV-2026-12345", []),
    ],
)
def test_what_may_stand_between_the_parts_of_a_number(text: str, numbers: list[str]) -> None:
    assert list(named_in([text], series=SERIES).numbers) == numbers


def test_without_series_nothing_is_found() -> None:
    assert named_in([ONE], series=()).numbers == ()


@given(st.text(alphabet="ABCXYZ0123456789", min_size=1, max_size=21))
def test_a_reference_with_its_own_check_digits_is_right_and_with_any_others_wrong(body: str) -> None:
    reference = rf_reference(body)
    assert is_creditor_reference(reference)
    assert iso11649.is_valid(reference)
    assert not is_creditor_reference(wrong(reference))


@pytest.mark.parametrize(
    "text", ["", "RF", "RF18", "RF1853900754703453900754703", "XX18539007547034", "RF18-", "18539"]
)
def test_what_is_no_creditor_reference(text: str) -> None:
    assert not is_creditor_reference(text)


def test_the_shortest_and_the_longest_reference() -> None:
    assert len(rf_reference("7")) == 5
    assert is_creditor_reference(rf_reference("7"))
    assert is_creditor_reference(rf_reference("7" * 21))
    assert not is_creditor_reference(rf_reference("7" * 22))
    assert is_creditor_reference("rf18 5390 0754 7034")


@given(st.lists(st.integers(1, 999_999), min_size=1, max_size=4, unique=True), st.sampled_from(["", " ", "-", "; "]))
def test_several_are_found_in_their_order(serials: list[int], between: str) -> None:
    numbers = [f"INV-2026-{serial:06}" for serial in serials]
    text = between.join(rf_reference(number) for number in numbers)
    assert list(named_in([text], series=SERIES).numbers) == numbers
